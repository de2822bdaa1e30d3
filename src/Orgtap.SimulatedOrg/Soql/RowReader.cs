using System.Buffers;
using System.Text.Json;

namespace Orgtap.SimulatedOrg.Soql;

/// <summary>A forward cursor over a run's rows. Not thread-safe.</summary>
public abstract class RowReader : IDisposable
{
    /// <returns>False after the last record.</returns>
    public abstract bool Read();

    /// <summary>Writes the current record with its line end; null is an empty cell.</summary>
    public abstract void WriteCsv(IBufferWriter<byte> output, CsvDialect dialect);

    /// <summary>Writes the current record with its attributes; parents are nested, children are result sets.</summary>
    /// <param name="versionPath">e.g. <c>/services/data/v66.0</c>.</param>
    public abstract void WriteJson(Utf8JsonWriter writer, string versionPath);

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>How CSV is written.</summary>
/// <param name="QuoteAll">False quotes only cells that need it.</param>
/// <param name="ShortIds">Ids of 15 characters.</param>
/// <param name="DecimalZeroes">Some zeroes of int fields come as <c>0.0</c>, as some orgs give them.</param>
public sealed record CsvDialect(byte Delimiter = (byte)',', bool CrLf = false, bool QuoteAll = true, bool ShortIds = false, bool DecimalZeroes = false);
