namespace Orgtap.App.Api;

/// <summary>How lists of the API go on: the header <c>Link: &lt;…&gt;; rel="next"</c> (RFC 8288) names the address of the next page; without it there is none.</summary>
internal static class NextPage
{
    /// <summary>The first of them, and the link to the rest if there are more.</summary>
    /// <param name="found">One more than asked for, if there are so many.</param>
    /// <param name="parameter">The query parameter that says where the next page begins.</param>
    /// <param name="position">Of the last item of this page.</param>
    public static IReadOnlyList<T> Of<T>(HttpContext context, IReadOnlyList<T> found, int limit, string parameter, Func<T, string> position)
    {
        if (found.Count <= limit) return found;
        T[] page = [.. found.Take(limit)];
        var query = QueryString.Create(context.Request.Query.Where(pair => pair.Key != parameter).Append(new(parameter, position(page[^1]))));
        context.Response.Headers.Link = $"<{context.Request.Path}{query}>; rel=\"next\"";
        return page;
    }
}
