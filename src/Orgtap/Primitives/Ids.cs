namespace Orgtap.Primitives;

/// <summary>Names one saved link to an org, for as long as it exists. Opaque; people use the connection's name.</summary>
public readonly record struct ConnectionId(string Value)
{
    public static ConnectionId New() => new(Guid.CreateVersion7().ToString("N"));

    public override string ToString() => Value;
}

/// <summary>Counts sync runs of this installation, from 1.</summary>
public readonly record struct RunId(long Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>An org's own id, 18 characters, prefix 00D.</summary>
public readonly record struct OrgId(string Value)
{
    public override string ToString() => Value;
}
