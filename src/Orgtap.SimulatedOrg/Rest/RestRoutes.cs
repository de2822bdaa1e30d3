using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Routing.Template;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>The resources below <c>/services/data/vNN.N/</c>: found here for subrequests of composite calls, and mapped on the server.</summary>
internal sealed class RestRoutes
{
    private readonly List<(RestResource Resource, TemplateMatcher Matcher)> _resources = [];

    public IEnumerable<RestResource> Resources => _resources.Select(entry => entry.Resource);

    /// <summary>Where two templates match the same path, the one added first wins.</summary>
    public void Add(params ReadOnlySpan<RestResource> resources)
    {
        foreach (var resource in resources) _resources.Add((resource, new TemplateMatcher(TemplateParser.Parse(resource.Template), [])));
    }

    /// <param name="path">Below the version, with a leading slash.</param>
    public bool TryFind(string method, string path, [NotNullWhen(true)] out RestResource? resource, out IReadOnlyDictionary<string, string> values)
    {
        foreach (var (candidate, matcher) in _resources)
        {
            var matched = new RouteValueDictionary();
            if (candidate.Method != method || !matcher.TryMatch(path, matched)) continue;
            (resource, values) = (candidate, Texts(matched));
            return true;
        }
        (resource, values) = (null, new Dictionary<string, string>());
        return false;
    }

    public static Dictionary<string, string> Texts(RouteValueDictionary values) =>
        values.ToDictionary(pair => pair.Key, pair => pair.Value?.ToString() ?? "", StringComparer.OrdinalIgnoreCase);
}
