using Orgtap.App.Overviews;
using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Salesforce;
using Orgtap.Syncs;

namespace Orgtap.App.Web.EditDataSync;

/// <summary>Puts a review together.</summary>
public sealed class Reviewing(SelectionStore selections, Picker picker, SyncRunner runner, OverviewReader overviews)
{
    public async Task<ReviewModel> OfAsync(Connection connection, SelectionDraft draft, CancellationToken cancellationToken)
    {
        var stored = await selections.GetAsync(connection.Id, cancellationToken);
        var overview = await overviews.OfAsync(connection, cancellationToken);
        var (all, missing, counter) = (new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase), new List<MissingPart>(), new CallCounter());
        foreach (var table in draft.Tables)
        {
            // Only tables whose lists of fields differ need their describe here.
            if (stored.FirstOrDefault(old => string.Equals(old.SObject, table.SObject, StringComparison.OrdinalIgnoreCase)) is not { } old || SameFields(old, table)) continue;
            try
            {
                var detail = await picker.DetailAsync(connection, table.SObject, counter, cancellationToken);
                all[table.SObject] = [.. detail.Fields.Where(field => field.Selectable).Select(field => field.Name)];
            }
            catch (OrgtapException refused) when (refused.Kind is FailureKind.SchemaChanged or FailureKind.Permission)
            {
                missing.Add(new MissingPart(table.SObject, null, refused.Message));
            }
        }
        var changes = SelectionChanges.Between(stored, draft, all, overview.Tables);
        try
        {
            var forecast = await runner.PlanAsync(connection.Id, draft.Tables, cancellationToken);
            return new ReviewModel(connection, draft, changes, forecast, missing, overview.Use is { Maximum: > 0 } use ? Shell.Words.Share(100.0 * forecast.Calls / use.Maximum) : null, null);
        }
        catch (OrgtapException problem)
        {
            return new ReviewModel(connection, draft, changes, new SyncForecast([], 0, 0), missing, null, problem);
        }
    }

    private static bool SameFields(SelectedObject one, SelectedObject other) => new SelectionDraft([one]).IsSameAs([other]);
}
