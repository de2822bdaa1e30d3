using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Quota;
using Orgtap.Salesforce;
using Orgtap.Syncs;

namespace Orgtap.App.Web.EditDataSync;

/// <summary>Gathers what the picker shows, and applies a change to the draft.</summary>
public sealed class Picker(
    ConnectionStore connections, CatalogReader catalog, SelectionStore selections, SelectionDraftStore drafts, TableFigures figures, QuotaGuard quota, RowMemory memory, TimeProvider time)
{
    /// <summary>Tables that are opened at once by a request, at most: each may cost a describe.</summary>
    private const int MostOpened = 20;

    /// <summary>Tables whose fields are counted from what is stored by one opening, at most.</summary>
    private const int MostCounted = 60;

    private const int MostHits = 5;

    // A letter or two is in almost every field.
    private const int ShortestFieldSearch = 3;

    public Task<Connection?> FindAsync(string name, CancellationToken cancellationToken) => connections.FindAsync(name, cancellationToken);

    /// <param name="open">API names of tables whose fields are wanted.</param>
    public async Task<PickerModel> ReadAsync(Connection connection, string search, Show show, IReadOnlyList<string> open, OrgtapException? problem, CancellationToken cancellationToken)
    {
        var counter = new CallCounter();
        var tables = await catalog.ObjectsAsync(connection, counter, cancellationToken);
        await CountAsync(connection, tables, counter, cancellationToken);
        var (kept, draft) = await DraftAsync(connection, cancellationToken);
        await CountFieldsAsync(connection, draft, counter, cancellationToken);
        var opened = new Dictionary<string, CatalogObjectDetail>(StringComparer.OrdinalIgnoreCase);
        foreach (var table in tables.Where(table => table.Selectable && open.Contains(table.Name, StringComparer.OrdinalIgnoreCase)).Take(MostOpened))
            opened[table.Name] = await DetailAsync(connection, table.Name, counter, cancellationToken);
        IReadOnlyDictionary<string, IReadOnlyList<string>> hits = search.Length < ShortestFieldSearch ? new Dictionary<string, IReadOnlyList<string>>() : await figures.FindFieldsAsync(connection.Id, search, MostHits, cancellationToken);
        var unsearched = search.Length < ShortestFieldSearch ? [] : await figures.UnknownAsync(connection.Id, tables.Where(table => table.Selectable).Select(table => table.Name), cancellationToken);
        var shown = tables.Where(table => (Matches(table, search) || hits.ContainsKey(table.Name)) && show switch
        {
            Show.Selected => draft.Find(table.Name) is not null,
            Show.Unavailable => !table.Selectable,
            _ => true,
        }).ToList();
        return new PickerModel(connection, kept, draft, tables, shown, await figures.GetAsync(connection.Id, cancellationToken), opened, hits, unsearched.Count, search, show,
            connection.OrgId is { } org ? await quota.UseAsync(org, cancellationToken) : null, problem, time, memory.Of(connection).Limit);
    }

    /// <summary>The draft if there is one, else what is selected.</summary>
    public async Task<(KeptDraft? Kept, SelectionDraft Draft)> DraftAsync(Connection connection, CancellationToken cancellationToken)
    {
        var kept = await drafts.FindAsync(connection.Id, cancellationToken);
        return (kept, kept?.Draft ?? new SelectionDraft(await selections.GetAsync(connection.Id, cancellationToken)));
    }

    public async Task<CatalogObjectDetail> DetailAsync(Connection connection, string sobject, CallCounter counter, CancellationToken cancellationToken)
    {
        var detail = await catalog.ObjectAsync(connection, sobject, counter, cancellationToken);
        await figures.RememberAsync(connection.Id, detail, cancellationToken);
        return detail;
    }

    /// <summary>Describes every table, 25 to a call, so that a search looks into all fields.</summary>
    public async Task ReadAllFieldsAsync(Connection connection, CancellationToken cancellationToken)
    {
        var counter = new CallCounter();
        var offered = (await catalog.ObjectsAsync(connection, counter, cancellationToken)).Where(table => table.Selectable).Select(table => table.Name);
        var unknown = await figures.UnknownAsync(connection.Id, offered, cancellationToken);
        await catalog.WarmAsync(connection, unknown, TimeSpan.FromHours(1), counter, cancellationToken);
        foreach (var sobject in unknown)
        {
            try
            {
                await DetailAsync(connection, sobject, counter, cancellationToken);
            }
            catch (OrgtapException refused) when (refused.Kind is FailureKind.SchemaChanged or FailureKind.Permission or FailureKind.Unsupported)
            {
                // A table that vanished meanwhile has no fields to search.
            }
        }
    }

    /// <summary>Changes the draft and keeps it.</summary>
    public async Task ChangeAsync(Connection connection, PickerChange change, string by, CancellationToken cancellationToken)
    {
        var tables = await catalog.ObjectsAsync(connection, new CallCounter(), cancellationToken);
        var (_, draft) = await DraftAsync(connection, cancellationToken);
        var changed = draft;
        foreach (var step in change.Steps) changed = await ApplyAsync(connection, tables, changed, step, cancellationToken);
        if (!ReferenceEquals(changed, draft)) await drafts.SaveAsync(connection.Id, changed, by, cancellationToken);
    }

    private async Task<SelectionDraft> ApplyAsync(Connection connection, IReadOnlyList<CatalogObject> tables, SelectionDraft draft, PickerStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case PickerStep.OfPreset(var key, var on):
                var preset = Presets.Find(key) ?? throw new InvalidInputException($"There is no preset {key}.", "Choose one of the page's.");
                List<string> offered = [.. tables.Where(table => table.Selectable).Select(table => table.Name)];
                return on ? draft.With(preset, offered) : draft.Without(preset, offered);
            case PickerStep.OfTable(var name, var on):
                var table = tables.FirstOrDefault(each => string.Equals(each.Name, name, StringComparison.OrdinalIgnoreCase));
                if (!on) return draft.Without(name);
                if (table is null) throw new InvalidInputException($"This org has no table {name} that the connected user may see.", "Read the org again and choose from what it has.");
                return table.Selectable ? draft.With(table.Name) : throw new InvalidInputException($"{table.Name} cannot be selected: {table.Reason}", "Choose other tables.");
            case PickerStep.OfField(var name, var field, var on):
                var detail = await DetailAsync(connection, name, new CallCounter(), cancellationToken);
                return on ? draft.WithField(detail, field) : draft.WithoutField(detail, field);
            default:
                return draft;
        }
    }

    private async Task CountAsync(Connection connection, IReadOnlyList<CatalogObject> tables, CallCounter counter, CancellationToken cancellationToken)
    {
        try
        {
            await figures.CountAsync(connection, [.. tables.Where(table => table.Selectable).Select(table => table.Name)], counter, cancellationToken);
        }
        catch (OrgtapException)
        {
            // An estimate is worth a call, not a page that does not open: the figures show a dash.
        }
    }

    /// <summary>A sync described the tables it read: their fields can be counted and searched for without a call. Some with each opening, so that none of them waits for hundreds.</summary>
    private async Task CountFieldsAsync(Connection connection, SelectionDraft draft, CallCounter counter, CancellationToken cancellationToken)
    {
        List<string> whole = [.. draft.Tables.Where(table => table.Fields is null).Select(table => table.SObject)];
        foreach (var sobject in (await figures.UnknownAsync(connection.Id, whole, cancellationToken)).Take(MostCounted))
            if (await catalog.KnownAsync(connection, sobject, counter, cancellationToken) is { } detail) await figures.RememberAsync(connection.Id, detail, cancellationToken);
    }

    internal static bool Matches(CatalogObject table, string search) =>
        search.Length == 0 || table.Name.Contains(search, StringComparison.OrdinalIgnoreCase) || table.Label.Contains(search, StringComparison.OrdinalIgnoreCase);
}

/// <summary>One box that was ticked or cleared.</summary>
public abstract record PickerStep
{
    private PickerStep()
    {
    }

    public sealed record OfPreset(string Key, bool On) : PickerStep;

    public sealed record OfTable(string SObject, bool On) : PickerStep;

    public sealed record OfField(string SObject, string Field, bool On) : PickerStep;
}

/// <summary>What a request wants changed.</summary>
public sealed record PickerChange(IReadOnlyList<PickerStep> Steps)
{
    /// <summary>
    /// Reads a form. With script it is one box: <c>box=table:Account</c> and <c>on=true</c>. Without, it is the whole form: hidden <c>was</c> fields say how each box was
    /// shown (<c>on</c>, <c>off</c> or <c>mixed</c>), so what differs was changed; a mixed box shows as empty and means a change only when it is ticked.
    /// </summary>
    public static PickerChange Read(IFormCollection form)
    {
        if (form["box"] is [{ } box]) return new PickerChange(StepOf(box, form["on"] == "true") is { } one ? [one] : []);

        var ticked = form["tick"].OfType<string>().ToHashSet(StringComparer.Ordinal);
        var steps = new List<PickerStep>();
        foreach (var was in form["was"].OfType<string>())
        {
            var (state, name) = was.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space ? (was[..space], was[(space + 1)..]) : ("", "");
            var now = ticked.Contains(name);
            if (now == (state == "on")) continue;
            if (StepOf(name, now) is { } step && (now || state == "on")) steps.Add(step);
        }
        if (form["all"] is [{ } all]) steps.Add(new PickerStep.OfTable(all, true));
        if (form["none"] is [{ } none]) steps.Add(new PickerStep.OfTable(none, false));
        return new PickerChange(steps);
    }

    private static PickerStep? StepOf(string box, bool on) => box.Split(':', 2) switch
    {
        ["preset", var key] => new PickerStep.OfPreset(key, on),
        ["table", var name] => new PickerStep.OfTable(name, on),
        ["field", var path] when path.Split('.', 2) is [var name, var field] => new PickerStep.OfField(name, field, on),
        _ => null,
    };
}
