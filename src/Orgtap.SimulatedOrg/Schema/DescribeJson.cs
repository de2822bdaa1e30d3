using System.Text.Json;

namespace Orgtap.SimulatedOrg.Schema;

/// <summary>Bodies of <c>GET …/sobjects</c> and <c>GET …/sobjects/X/describe</c>.</summary>
public static class DescribeJson
{
    /// <param name="versionPath">e.g. <c>/services/data/v66.0</c>, the start of every address in the reply.</param>
    public static void WriteGlobal(Utf8JsonWriter writer, OrgSchema schema, string versionPath) => throw new NotSupportedException();

    /// <inheritdoc cref="WriteGlobal"/>
    public static void WriteObject(Utf8JsonWriter writer, OrgSchema schema, SObjectType sobject, string versionPath) => throw new NotSupportedException();
}
