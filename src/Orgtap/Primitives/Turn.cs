namespace Orgtap.Primitives;

/// <summary>Who has to act before work goes on. Every stop names exactly one.</summary>
public enum Turn
{
    /// <summary>Orgtap retries or resumes by itself.</summary>
    We,

    /// <summary>The operator of this installation.</summary>
    Operator,

    /// <summary>The admin of the Salesforce org.</summary>
    Admin,
}

/// <summary>Which <see cref="Turn"/> a failure belongs to.</summary>
public static class Turns
{
    public static Turn Of(FailureKind kind) => kind switch
    {
        FailureKind.Transient or FailureKind.StaleToken or FailureKind.QuotaExhausted
            or FailureKind.SchemaChanged or FailureKind.Fenced => Turn.We,
        FailureKind.ReauthorizationRequired or FailureKind.Permission => Turn.Admin,
        _ => Turn.Operator,
    };
}
