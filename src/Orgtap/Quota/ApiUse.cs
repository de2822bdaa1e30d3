using Orgtap.Primitives;
using Orgtap.Salesforce;

namespace Orgtap.Quota;

/// <summary>What is known of an org's API calls in the last 24 hours.</summary>
/// <param name="Used">By everybody, as Salesforce said last.</param>
/// <param name="Own">By all connections of this installation, in the last 24 hours.</param>
/// <param name="ObservedAt">When Salesforce said so, UTC.</param>
public sealed record ApiUse(long Used, long Maximum, long Own, DateTimeOffset ObservedAt);

/// <summary>The installation's own calls to an org for one purpose.</summary>
/// <param name="Kind">Through which of Salesforce's interfaces.</param>
/// <param name="Calls">In the last 24 hours.</param>
public sealed record OwnCalls(ConnectionId Connection, CallPurpose Purpose, ApiKind Kind, long Calls);
