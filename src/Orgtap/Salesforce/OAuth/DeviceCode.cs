using System.Text.Json;
using Orgtap.Primitives;
using Orgtap.Salesforce.Describe;

namespace Orgtap.Salesforce.OAuth;

/// <summary>A device flow that has begun.</summary>
/// <param name="Code">What is asked with.</param>
/// <param name="UserCode">What somebody types.</param>
/// <param name="VerificationUrl">Where it is typed; not checked yet.</param>
/// <param name="Interval">How long to wait between two questions.</param>
/// <param name="ExpiresAt">UTC. Salesforce does not say; its codes live ten minutes.</param>
public sealed record DeviceCode(SecretText Code, string UserCode, Uri VerificationUrl, TimeSpan Interval, DateTimeOffset ExpiresAt)
{
    /// <summary>How long a code lives (https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_device_flow.htm).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    internal static DeviceCode Read(JsonElement root, DateTimeOffset now) => new(
        SecretText.From(root.Text("device_code")) ?? throw new JsonException("No device code."), root.Text("user_code") ?? throw new JsonException("No user code."),
        Uri.TryCreate(root.Text("verification_uri"), UriKind.Absolute, out var address) ? address : throw new JsonException("No verification address."),
        TimeSpan.FromSeconds(Math.Clamp(root.Long("interval") ?? 5, 1, 60)), now + Lifetime);
}

/// <summary>What Salesforce answers while a code waits to be typed.</summary>
public abstract record DevicePoll
{
    private DevicePoll()
    {
    }

    /// <param name="SlowDown">We asked too often; the interval grows by five seconds.</param>
    public sealed record Waiting(bool SlowDown) : DevicePoll;

    public sealed record Granted(TokenAnswer Answer) : DevicePoll;
}
