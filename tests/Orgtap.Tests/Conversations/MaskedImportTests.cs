using System.Text;
using Microsoft.Data.Sqlite;
using Orgtap.Conversations;
using Orgtap.Conversations.Outputs;
using Orgtap.Masking;
using Orgtap.Tests.Syncs;

namespace Orgtap.Tests.Conversations;

/// <summary>With rules on, what they find is nowhere: not in the rows, not in conversations, their search index, their files or the control store.</summary>
public sealed class MaskedImportTests
{
    private static readonly string[] Originals = ["@example.com", "4111 1111 1111 1111", "+49 30 555 0", "(415) 555-0"];

    [Fact]
    public async Task No_original_is_in_any_file_and_what_was_masked_is_counted()
    {
        // Without rules the originals are there, so that the search can find something.
        var everything = new ConversationSettings { Channels = [Channel.Chat, Channel.Messaging, Channel.Case], Files = new FileOutput() };
        await using (var open = await ImportedOrg.StartAsync(everything))
        {
            await ImportAsync(open);
            Assert.Equal(Originals, Originals.Where(original => Found(open.Org.Folder, original).Count > 0));
        }

        await using var org = await ImportedOrg.StartAsync(everything, masking: MaskingRules.Of(true, true, true, [("helper", "colleague")]));
        await ImportAsync(org);
        foreach (var original in Originals.Append("colleague now")) Assert.Empty(Found(org.Org.Folder, original));
        var all = (await org.AllAsync()).Values.Select(ConversationJson.Read).ToList();
        foreach (var rule in (string[])["e-mail", "card", "phone", "helper"])
        {
            var counted = all.Sum(its => its.Masked.GetValueOrDefault(rule));
            Assert.True(counted > 0, rule);
            Assert.Equal(all.Sum(its => its.Turns.Sum(turn => Count(turn.Text, $"[{rule}]") + Count(turn.Quoted ?? "", $"[{rule}]"))), counted);
        }

        // Fewer rules: what was masked by the one that went comes back, whole conversations at a time.
        await org.Org.Connections.SetMaskingAsync(org.Org.Connection.Id, MaskingRules.Of(true, true, true, []), SyncedOrg.Cancel);
        await org.Org.OpenAsync();
        org.Open();
        await org.SyncAsync();
        await ImportAsync(org);
        Assert.NotEmpty(Found(org.Org.Folder, "colleague now"));
        foreach (var original in Originals) Assert.Empty(Found(org.Org.Folder, original));
    }

    private static async Task ImportAsync(ImportedOrg org)
    {
        Assert.Equal(ImportOutcome.Completed, (await org.ImportAsync()).Outcome);
        using var outputs = new ConversationOutputs(org.Store, org.Reader, new PushAddresses([]), org.Org.Folder, org.Org.Host.Clock);
        Assert.True((await outputs.DeliverAsync(org.Org.Connection, SyncedOrg.Cancel)).Written > 0);
    }

    /// <summary>Files below the folder whose bytes hold the text.</summary>
    private static List<string> Found(string folder, string text)
    {
        SqliteConnection.ClearAllPools();
        var wanted = Encoding.UTF8.GetBytes(text);
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path =>
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes.AsSpan().IndexOf(wanted) >= 0;
        })];
    }

    private static int Count(string text, string mark) => text.Split(mark).Length - 1;
}
