namespace Orgtap.Tests.Syncs;

/// <summary>Shows another clock, and waits on the machine's: for what times out a real network.</summary>
internal sealed class MachineTimers(TimeProvider clock) : TimeProvider
{
    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();
}
