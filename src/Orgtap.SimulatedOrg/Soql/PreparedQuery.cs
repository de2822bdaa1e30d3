using System.Buffers;
using System.Text.Json;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A query whose names are resolved; running it fixes the set of rows.</summary>
public sealed class PreparedQuery
{
    public SObjectType From => throw new NotSupportedException();
    /// <summary>As in the CSV header: <c>Id, Name, Account.Name</c>.</summary>
    public IReadOnlyList<string> Columns => throw new NotSupportedException();
    /// <summary><c>SELECT COUNT() FROM …</c>: only the number of rows is asked for.</summary>
    public bool IsCountOnly => throw new NotSupportedException();
    /// <summary>Fixes the set of rows now; values are read later, when a page is rendered.</summary>
    public QueryRows Run() => throw new NotSupportedException();
}

/// <summary>The rows of one run, in order.</summary>
public sealed class QueryRows
{
    public long Count => throw new NotSupportedException();
    /// <param name="from">Position of the first row, 0-based.</param>
    public RowReader Read(long from) => throw new NotSupportedException();
}

/// <summary>A forward cursor over a run's rows. Not thread-safe.</summary>
public abstract class RowReader : IDisposable
{
    public abstract bool Read();
    /// <summary>Writes one CSV record with its line end; null is <c>""</c>.</summary>
    public abstract void WriteCsv(IBufferWriter<byte> output, CsvDialect dialect);
    /// <summary>Writes one JSON record with its attributes.</summary>
    public abstract void WriteJson(Utf8JsonWriter writer, string versionPath);
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <param name="ShortIds">Ids of 15 characters.</param>
public sealed record CsvDialect(byte Delimiter = (byte)',', bool CrLf = false, bool QuoteAll = true, bool ShortIds = false);
