namespace Orgtap.Primitives;

/// <summary>What the caller may do next. Retries, statuses and notices read this and nothing else.</summary>
public enum FailureKind
{
    /// <summary>Passes by itself: 5xx, a cut connection, too many requests at once. We retry.</summary>
    Transient,

    /// <summary>The access token is no longer accepted; one refresh may mend it.</summary>
    StaleToken,

    /// <summary>The org's daily calls, or the share the operator allowed, are used up. We go on later.</summary>
    QuotaExhausted,

    /// <summary>The grant itself is gone (revoked, user deactivated, password changed). The Salesforce admin authorizes again.</summary>
    ReauthorizationRequired,

    /// <summary>The user may not do this: API access, object or field permission, IP policy. The Salesforce admin acts.</summary>
    Permission,

    /// <summary>The API asked does not serve this object or query; another way may.</summary>
    Unsupported,

    /// <summary>An object or field is no longer what the last describe said. We describe again.</summary>
    SchemaChanged,

    /// <summary>What the operator gave (an address, a name, a password, a setting) is wrong. The operator acts.</summary>
    InvalidInput,

    /// <summary>A newer run owns the table; this one stops without harm.</summary>
    Fenced,

    /// <summary>Nobody foresaw this: a bug of ours or an answer we do not understand.</summary>
    Defect,
}
