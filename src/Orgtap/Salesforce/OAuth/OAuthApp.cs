using Orgtap.Primitives;

namespace Orgtap.Salesforce.OAuth;

/// <summary>As whom Orgtap speaks to the login host.</summary>
/// <param name="LoginUrl">login, test or a My Domain address, already checked.</param>
/// <param name="ConsumerSecret">Null for an app that requires none.</param>
public sealed record OAuthApp(Uri LoginUrl, string ConsumerKey, SecretText? ConsumerSecret);
