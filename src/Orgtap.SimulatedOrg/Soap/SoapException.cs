namespace Orgtap.SimulatedOrg.Soap;

/// <summary>A refusal in SOAP: 500 with a fault. Clients match on the code and show the words.</summary>
/// <param name="code">e.g. <c>INVALID_LOGIN</c>.</param>
public sealed class SoapException(string code, string words) : Exception($"{code}: {words}")
{
    public string Code { get; } = code;

    public string Words { get; } = words;

    /// <summary>True for a message that is none: its fault has no code of Salesforce's.</summary>
    public bool IsClients { get; private init; }

    public static SoapException Client(string words) => new("Client", words) { IsClients = true };
}
