using Orgtap.Catalog;
using Orgtap.Connections;
using Orgtap.Conversations.Importing;
using Orgtap.Conversations.Outputs;
using Orgtap.Primitives;

namespace Orgtap.Conversations;

/// <summary>What became of a wish for conversations.</summary>
/// <param name="Missing">Tables that this org lacks or the user may not see.</param>
public sealed record SetupOutcome(ConversationSettings Settings, IReadOnlyList<MissingPart> Missing);

/// <summary>Turns conversations of a connection on and off, and says where they go: settings, and the tables that the data sync must bring.</summary>
public sealed class ConversationSetup(ConversationStore store, SelectionStore selections, Selecting selecting, PushAddresses addresses)
{
    /// <param name="pushKey">Signs what is pushed; null: the one that is stored stays.</param>
    /// <exception cref="InvalidInputException">A channel has no table in this org, an output cannot be used, or a key is missing.</exception>
    public async Task<SetupOutcome> SetAsync(Connection connection, ConversationSettings settings, SecretText? pushKey, CancellationToken cancellationToken)
    {
        if (settings.EntryCallsPerHour is < 1 or > 1_000) throw new InvalidInputException($"{settings.EntryCallsPerHour} calls an hour for conversation entries are not possible.", "Give 1 to 1000; Salesforce allows 1,000.");
        if (settings.Files is { } files) FileWriter.Check(files);
        if (settings.Push is { } push)
        {
            await addresses.CheckAsync(push.Address, cancellationToken);
            if (pushKey is null && await store.PushKeyAsync(connection.Id, cancellationToken) is null)
                throw new InvalidInputException("Pushes are signed, and there is no key yet.", "Give a key of 16 characters at least, and the same one to whoever receives them.");
            if (pushKey is not null && pushKey.Reveal().Length < 16) throw new InvalidInputException("The signing key is too short.", "Give 16 characters at least, e.g. from `openssl rand -hex 32`.");
        }
        var missing = new List<MissingPart>();
        var channels = settings.Channels.Distinct().ToList();
        if (channels.Count > 0)
        {
            var before = await selections.GetAsync(connection.Id, cancellationToken);
            var wanted = channels.SelectMany(channel => SourceTables.Of(channel).Tables).Distinct(StringComparer.OrdinalIgnoreCase).Select(table => new SelectedObject(table))
                .Concat(channels.SelectMany(channel => SourceTables.Of(channel).Files).Select(file => file.Selected).DistinctBy(file => file.SObject)).Concat(SourceTables.Names).ToList();
            var outcome = await selecting.ApplyAsync(connection, [], [.. before, .. wanted], cancellationToken);
            missing = [.. outcome.Missing.Where(part => wanted.Any(table => string.Equals(table.SObject, part.SObject, StringComparison.OrdinalIgnoreCase)))];
            foreach (var channel in channels.Where(channel => missing.Any(part => part.Field is null && part.SObject == SourceTables.Of(channel).Root)).ToList())
            {
                if (channels.Count == 1 || settings.Channels.All(other => missing.Any(part => part.Field is null && part.SObject == SourceTables.Of(other).Root)))
                {
                    await selections.SetAsync(connection.Id, before, cancellationToken);
                    throw new InvalidInputException($"{connection.Name} has no {SourceTables.Of(channel).Root}, or its user may not see it.", "Check what is visible first: `orgtap conversations check`.");
                }
                channels.Remove(channel);
            }
        }
        var kept = settings with { Channels = channels };
        await store.SetAsync(connection.Id, kept, pushKey, cancellationToken);
        return new SetupOutcome(kept, missing);
    }
}
