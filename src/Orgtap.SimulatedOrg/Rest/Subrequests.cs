using Microsoft.AspNetCore.WebUtilities;
using Orgtap.SimulatedOrg.Faults;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.SimulatedOrg.Soql;
using Microsoft.Extensions.Primitives;

namespace Orgtap.SimulatedOrg.Rest;

/// <summary>Answers the requests inside a composite one, with the same resources as alone.</summary>
internal sealed class Subrequests(RestRoutes routes, ApiVersions versions, FaultPlan faults, TimeProvider time)
{
    private const string Root = "/services/data/v";

    /// <param name="url">/services/data/vNN.N/… or vNN.N/…</param>
    /// <param name="within">composite or batch.</param>
    public RestReply Answer(RestCall outer, string method, string url, IReadOnlyDictionary<string, string> headers, string within)
    {
        var (reply, kind) = Try(outer, method, url, headers);
        outer.Cost.Subrequests.Add(new RequestEntry(time.GetUtcNow(), kind, method, url, within == "batch" ? 1 : 0, reply.Status, within));
        return reply;
    }

    /// <summary>True for what counts against the five queries of one composite request.</summary>
    public static bool IsQuery(string url) => url.Contains("/query", StringComparison.OrdinalIgnoreCase);

    private (RestReply Reply, string Kind) Try(RestCall outer, string method, string url, IReadOnlyDictionary<string, string> headers)
    {
        var kind = "other";
        try
        {
            var full = "/" + url.TrimStart('/');
            if (!full.StartsWith("/services/", StringComparison.OrdinalIgnoreCase)) full = "/services/data" + full;
            var (path, query) = full.IndexOf('?', StringComparison.Ordinal) is var mark and >= 0 ? (full[..mark], full[mark..]) : (full, "");
            var slash = path.StartsWith(Root, StringComparison.OrdinalIgnoreCase) ? path.IndexOf('/', Root.Length) : -1;
            if (slash < 0 || !versions.Serves(path[Root.Length..slash])) throw RestException.NotFound();
            if (!routes.TryFind(method, Uri.UnescapeDataString(path[slash..]), out var resource, out var values) || resource.Alone) throw RestException.NotFound();
            kind = resource.Kind;
            var broken = faults.IsEmpty ? null : faults.Take(new FaultTarget(method, path + Uri.UnescapeDataString(query), values.GetValueOrDefault("sobject")),
                effect => effect is FaultEffect.Answer).OfType<FaultEffect.Answer>().FirstOrDefault();
            if (broken is not null) return (Broken(broken), kind);
            var call = new RestCall(method, path[Root.Length..slash], values, Parse(query), headers.GetValueOrDefault, default, outer.Session, ActiveFaults.None)
            {
                Cost = outer.Cost,
                Origin = outer.Origin,
            };
            return (resource.Answer(call), kind);
        }
        catch (RestException refusal)
        {
            return (RestReply.Error(refusal), kind);
        }
        catch (SoqlException refusal)
        {
            return (RestReply.Error(new RestException(400, refusal.ErrorCode, refusal.Message)), kind);
        }
    }

    private static RestReply Broken(FaultEffect.Answer answer) => new(answer.Status)
    {
        Json = answer.Body is null ? null : writer => writer.WriteRawValue(answer.Body),
    };

    private static QueryCollection Parse(string query) =>
        new(new Dictionary<string, StringValues>(QueryHelpers.ParseQuery(query), StringComparer.OrdinalIgnoreCase));
}
