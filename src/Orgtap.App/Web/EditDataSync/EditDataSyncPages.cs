using Orgtap.App.Overviews;
using Orgtap.App.Web.SignIn;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Extraction;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Scheduling;
using Orgtap.Storage;
using Orgtap.Syncs;

namespace Orgtap.App.Web.EditDataSync;

/// <param name="Forecast">What the next sync would do with the draft.</param>
/// <param name="Problem">Why that cannot be told.</param>
/// <param name="LeftOut">What the org no longer offers.</param>
public sealed record ReviewModel(
    Connection Connection, SelectionDraft Draft, IReadOnlyList<SelectionChange> Changes, SyncForecast Forecast, IReadOnlyList<MissingPart> LeftOut, string? Share, OrgtapException? Problem)
{
    public long Rows => Forecast.Plans.Sum(plan => plan.EstimatedRows ?? 0);

    public long Calls => Forecast.Calls;

    public ExtractionPlan? PlanOf(string sobject) => Forecast.Plans.FirstOrDefault(plan => string.Equals(plan.SObject, sobject, StringComparison.OrdinalIgnoreCase));
}

/// <summary>Edit data sync (product B4): choose tables and fields in a draft, review what changes and costs, save or sync.</summary>
internal static class EditDataSyncPages
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var data = app.MapGroup("/connections/{name}/data").RequireAuthorization(Roles.Operator);
        data.MapGet("", ShowAsync);
        data.MapPost("", ChangeAsync);
        data.MapPost("/box", TickAsync);
        data.MapGet("/fields/{table}", FieldsAsync);
        data.MapGet("/review", ReviewAsync);
        data.MapPost("/review", SaveAsync);
    }

    private static async Task<IResult> ShowAsync(string name, HttpContext context, Picker picker, CancellationToken cancellationToken, string? q = null, Show show = Show.All)
    {
        if (await picker.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var model = await picker.ReadAsync(connection, (q ?? "").Trim(), show, [.. context.Request.Query["open"].OfType<string>()], null, cancellationToken);
        return IsFragment(context) ? Page.Of<PickerList>(model) : Page.Of<EditDataSyncPage>(model);
    }

    private static async Task<IResult> ChangeAsync(
        string name, HttpContext context, Picker picker, SelectionDraftStore drafts, CancellationToken cancellationToken)
    {
        if (await picker.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var search = (form["do"] == "search" || form["search"].Count > 0 ? form["search"].ToString() : form["q"].ToString()).Trim();
        var show = Enum.TryParse<Show>(form["show"], out var known) ? known : Show.All;
        var open = form["open"].OfType<string>().ToList();
        try
        {
            if (form["do"] == "discard")
            {
                await drafts.DiscardAsync(connection.Id, cancellationToken);
                return Page.SeeOther($"/connections/{name}/data");
            }
            await picker.ChangeAsync(connection, PickerChange.Read(form), context.User.ActorOf(), cancellationToken);
            if (form["do"] == "describe") await picker.ReadAllFieldsAsync(connection, cancellationToken);
        }
        catch (InvalidInputException problem)
        {
            return Page.Of<EditDataSyncPage>(await picker.ReadAsync(connection, search, show, open, problem, cancellationToken), StatusCodes.Status400BadRequest);
        }
        if (form["do"] == "review") return Page.SeeOther($"/connections/{name}/data/review");
        foreach (var touched in form["all"].Concat(form["none"]).OfType<string>()) if (!open.Contains(touched)) open.Add(touched);
        var query = QueryString.Create(open.Select(table => KeyValuePair.Create<string, string?>("open", table)).Append(KeyValuePair.Create<string, string?>("show", show.ToString())));
        return Page.SeeOther($"/connections/{name}/data{(search.Length > 0 ? query.Add("q", search) : query)}");
    }

    /// <summary>One box, kept at once; answers with what it changes on the page.</summary>
    private static async Task<IResult> TickAsync(string name, HttpContext context, Picker picker, CancellationToken cancellationToken)
    {
        if (await picker.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var change = PickerChange.Read(form);
        await picker.ChangeAsync(connection, change, context.User.ActorOf(), cancellationToken);
        var model = await picker.ReadAsync(connection, "", Show.All, [.. form["open"].OfType<string>()], null, cancellationToken);
        var tables = change.Steps.Any(step => step is PickerStep.OfPreset)
            ? model.Tables
            : [.. model.Tables.Where(table => change.Steps.Any(step => step switch
            {
                PickerStep.OfTable(var sobject, _) => sobject == table.Name,
                PickerStep.OfField(var sobject, _, _) => sobject == table.Name,
                _ => false,
            }))];
        return new Microsoft.AspNetCore.Http.HttpResults.RazorComponentResult<PickerPatch>(new Dictionary<string, object?> { ["Model"] = model, ["Rows"] = tables });
    }

    private static async Task<IResult> FieldsAsync(string name, string table, HttpContext context, Picker picker, CancellationToken cancellationToken)
    {
        if (await picker.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        if (!IsFragment(context)) return Page.SeeOther($"/connections/{name}/data?open={Uri.EscapeDataString(table)}#pick-{table}");
        var model = await picker.ReadAsync(connection, "", Show.All, [table], null, cancellationToken);
        var one = model.Tables.FirstOrDefault(each => each.Name == table);
        return one is null ? Results.NotFound() : Page.Of<PickRow>(model.Pick(one));
    }

    private static async Task<IResult> ReviewAsync(string name, HttpContext context, Picker picker, Reviewing reviewing, CancellationToken cancellationToken)
    {
        if (await picker.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var (_, draft) = await picker.DraftAsync(connection, cancellationToken);
        return draft.Tables.Count == 0
            ? Page.Of<EditDataSyncPage>(await picker.ReadAsync(connection, "", Show.All, [],
                new InvalidInputException("Nothing is selected.", "Tick a preset or at least one table."), cancellationToken), StatusCodes.Status400BadRequest)
            : Page.Of<ReviewPage>(await reviewing.OfAsync(connection, draft, cancellationToken));
    }

    private static async Task<IResult> SaveAsync(
        string name, HttpContext context, Picker picker, Selecting selecting, SelectionDraftStore drafts, SyncJobs jobs, AuditLog audit, CancellationToken cancellationToken)
    {
        if (await picker.FindAsync(name, cancellationToken) is not { } connection) return Results.NotFound();
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var (kept, draft) = await picker.DraftAsync(connection, cancellationToken);
        if (kept is not null)
        {
            var outcome = await selecting.ApplyAsync(connection, [], draft.Tables, cancellationToken);
            await drafts.DiscardAsync(connection.Id, cancellationToken);
            await audit.WriteAsync(context.User.ActorOf(), "selection.set", name, $"{outcome.Selection.Count} tables", cancellationToken);
        }
        if (form["do"] != "sync") return Page.SeeOther($"/connections/{name}");
        var started = await jobs.StartAsync(connection.Id, context.User.ActorOf(), cancellationToken);
        return Page.SeeOther($"/runs/{started.RunId}");
    }

    private static bool IsFragment(HttpContext context) => context.Request.Headers.ContainsKey("X-Fragment");
}
