using System.Globalization;
using System.Xml.Linq;

namespace Orgtap.SimulatedOrg.OAuth;

/// <summary>The identity document as XML: the same members in the same order as in JSON, below <c>user</c>.</summary>
internal static class IdentityXml
{
    private static readonly XNamespace Instance = "http://www.w3.org/2001/XMLSchema-instance";

    public static bool IsWanted(HttpRequest request) => request.Query["format"].ToString() switch
    {
        "xml" => true,
        "" => request.Headers.Accept.ToString() is var accept && accept.Contains("/xml", StringComparison.OrdinalIgnoreCase) && !accept.Contains("json", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    public static string Of(IReadOnlyDictionary<string, object?> identity) => """<?xml version="1.0" encoding="UTF-8"?>"""
        + new XElement("user", new XAttribute(XNamespace.Xmlns + "xsi", Instance.NamespaceName), identity.Select(member => Element(member.Key, member.Value))).ToString(SaveOptions.DisableFormatting);

    private static XElement Element(string name, object? value) => value switch
    {
        null => new XElement(name, new XAttribute(Instance + "nil", "true")),
        IReadOnlyDictionary<string, string> texts => new XElement(name, texts.Select(text => new XElement(text.Key, text.Value))),
        IReadOnlyDictionary<string, object?> members => new XElement(name, members.Select(member => Element(member.Key, member.Value))),
        bool flag => new XElement(name, flag ? "true" : "false"),
        _ => new XElement(name, Convert.ToString(value, CultureInfo.InvariantCulture)),
    };
}
