using System.Globalization;
using System.Text.Json;
using System.Xml;
using Orgtap.SimulatedOrg.Rest;

namespace Orgtap.SimulatedOrg.Bulk.V1;

/// <summary>A flat record that is written as JSON or as XML: both formats of Bulk API 1.0 tell the same.</summary>
/// <param name="Root">The XML element's name, e.g. <c>jobInfo</c>.</param>
/// <param name="Members">Text, number (long or decimal) or time.</param>
internal sealed record AsyncBody(string Root, IReadOnlyList<(string Name, object Value)> Members)
{
    public const string Namespace = "http://www.force.com/2009/06/asyncapi/dataload";

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in Members)
        {
            if (value is long number) writer.WriteNumber(name, number);
            else if (value is decimal version) writer.WriteNumber(name, version);
            else writer.WriteString(name, value is DateTimeOffset at ? SalesforceTime.Rest(at) : (string)value);
        }
        writer.WriteEndObject();
    }

    public void Write(XmlWriter writer)
    {
        writer.WriteStartElement(Root, Namespace);
        foreach (var (name, value) in Members) writer.WriteElementString(name, Namespace, Text(value));
        writer.WriteEndElement();
    }

    private static string Text(object value) => value switch
    {
        DateTimeOffset at => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        decimal version => version.ToString("0.0", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => CleanOf((string)value),
    };

    /// <summary>XML 1.0 has no place for most control characters.</summary>
    internal static string CleanOf(string text) => text.All(XmlConvert.IsXmlChar) ? text : string.Concat(text.Select(character => XmlConvert.IsXmlChar(character) || char.IsSurrogate(character) ? character : '\uFFFD'));
}
