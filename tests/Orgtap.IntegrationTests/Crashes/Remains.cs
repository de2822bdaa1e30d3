using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using Orgtap.Records;
using Orgtap.SimulatedOrg.Hosting;
using Orgtap.Storage;

namespace Orgtap.IntegrationTests.Crashes;

/// <summary>What a program was at when it was ended.</summary>
internal enum Phase
{
    /// <summary>A table's Bulk job is not made yet, or nobody heard that it was.</summary>
    BeforeCreation,

    /// <summary>The job is there and Salesforce prepares it.</summary>
    Polling,

    /// <summary>A page was asked for that is not committed.</summary>
    MidPage,

    /// <summary>The replica's log ends in the midst of a transaction.</summary>
    InCommit,

    /// <summary>All rows of all tables are committed, and the run has not ended.</summary>
    AfterLastPage,
}

/// <summary>What a dead program left in its replica, and what the org saw of it.</summary>
/// <param name="Tables">The checkpoint of each table that was begun.</param>
/// <param name="Pages">Result pages that were asked for, by Bulk job.</param>
/// <param name="Torn">Where in the write-ahead log the last transaction without an end ends; 0: there is none.</param>
internal sealed record Remains(IReadOnlyDictionary<string, Checkpoint> Tables, IReadOnlyDictionary<string, int> Pages, long Torn)
{
    public static Remains Of(SimulatedOrgHost org, string replica)
    {
        // Before SQLite looks at the log and mends it.
        var torn = TornEnd(replica + "-wal");
        return new Remains(Checkpoints(replica), org.Requests.Entries.Where(entry => entry.Kind == "bulk.results").GroupBy(entry => JobOf(entry.Path)).ToDictionary(job => job.Key, job => job.Count()), torn);
    }

    /// <summary>What the program was at, table by table, that began with these remains and left those.</summary>
    public IReadOnlySet<Phase> PhasesBefore(Remains left, IReadOnlyDictionary<string, long> rows, int pageRows)
    {
        var phases = new HashSet<Phase>();
        if (left.Torn > 0 && left.Torn != Torn) phases.Add(Phase.InCommit);
        foreach (var (sobject, total) in rows)
        {
            if (left.Tables.GetValueOrDefault(sobject) is not { } table || (table.Position is not BulkPosition && !table.Finished)) phases.Add(Phase.BeforeCreation);
            else if (!table.Finished && table.Position is BulkPosition { JobId: { } job } && table.Tally.Parsed < total)
            {
                var goesOn = Tables.GetValueOrDefault(sobject) is { Position: BulkPosition before } && before.JobId == job;
                var asked = left.Pages.GetValueOrDefault(job) - (goesOn ? Pages.GetValueOrDefault(job) : 0);
                var committed = (table.Tally.Parsed - (goesOn ? Tables[sobject].Tally.Parsed : 0) + pageRows - 1) / pageRows;
                if (asked == 0) phases.Add(Phase.Polling);
                else if (asked > committed) phases.Add(Phase.MidPage);
            }
        }
        if (rows.All(table => left.Tables.GetValueOrDefault(table.Key) is { } checkpoint && (checkpoint.Finished || checkpoint.Tally.Parsed == table.Value))) phases.Add(Phase.AfterLastPage);
        return phases;
    }

    private static string JobOf(string path) => path.Split('/') is var parts ? parts[Array.IndexOf(parts, "query") + 1] : "";

    private static Dictionary<string, Checkpoint> Checkpoints(string replica)
    {
        var found = new Dictionary<string, Checkpoint>();
        if (!File.Exists(replica)) return found;
        using var db = SqliteLibrary.Connection(new SqliteConnectionStringBuilder { DataSource = replica, Mode = SqliteOpenMode.ReadOnly, Pooling = false });
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = '_orgtap_tables'";
        if ((long)command.ExecuteScalar()! == 0) return found;
        command.CommandText = "SELECT sobject, checkpoint FROM _orgtap_tables WHERE checkpoint IS NOT NULL";
        using var reader = command.ExecuteReader();
        while (reader.Read()) found.Add(reader.GetString(0), Checkpoint.FromJson(reader.GetString(1)));
        return found;
    }

    /// <summary>Walks the frames of a write-ahead log as its format (sqlite.org/fileformat2.html, section 4) has them: salts that match the header's, checksums that follow from each other.</summary>
    private static long TornEnd(string path)
    {
        if (!File.Exists(path)) return 0;
        using var file = File.OpenRead(path);
        var header = new byte[32];
        if (file.ReadAtLeast(header, 32, throwOnEndOfStream: false) < 32) return 0;
        var bigEndian = (Number(header, 0) & 1) == 1;
        var frame = new byte[24 + Number(header, 8)];
        var (first, second) = (Number(header, 24), Number(header, 28));
        var (end, torn) = (32L, 0L);
        while (file.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length && frame.AsSpan(8, 8).SequenceEqual(header.AsSpan(16, 8)))
        {
            Sum(frame.AsSpan(0, 8));
            Sum(frame.AsSpan(24));
            if (first != Number(frame, 16) || second != Number(frame, 20)) break;
            end += frame.Length;
            // The last frame of a transaction says how large the database is behind it.
            torn = Number(frame, 4) == 0 ? end : 0;
        }
        return torn;

        void Sum(ReadOnlySpan<byte> words)
        {
            for (var i = 0; i < words.Length; i += 8)
            {
                first += (bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(words[i..]) : BinaryPrimitives.ReadUInt32LittleEndian(words[i..])) + second;
                second += (bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(words[(i + 4)..]) : BinaryPrimitives.ReadUInt32LittleEndian(words[(i + 4)..])) + first;
            }
        }
    }

    private static uint Number(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
}
