using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Orgtap.SimulatedOrg.Soql;

namespace Orgtap.SimulatedOrg.Bulk;

/// <summary>
/// A job's whole result as CSV on disk, rendered once; a page is a piece of the file. Gzipped pages are made once and kept beside it, so that
/// serving costs no rendering and, the second time, no compression.
/// </summary>
internal sealed class ResultSpool : IDisposable
{
    private const int CopyBytes = 128 << 10;
    private readonly string _folder;
    private readonly SafeFileHandle _rows;
    private readonly SafeFileHandle _starts;
    private readonly ConcurrentDictionary<(long From, long To), Lazy<Task<string>>> _zipped = new();

    private ResultSpool(string folder, byte[] header, long count)
    {
        _folder = folder;
        Header = header;
        Count = count;
        _rows = File.OpenHandle(RowsPath(folder));
        _starts = File.OpenHandle(StartsPath(folder));
        Length = RandomAccess.GetLength(_rows);
    }

    /// <summary>The header row that every page repeats.</summary>
    public byte[] Header { get; }

    /// <summary>Rows.</summary>
    public long Count { get; }

    /// <summary>Bytes of all rows, without header.</summary>
    public long Length { get; }

    /// <summary>Renders every row of the run. Memory does not grow with their number.</summary>
    public static ResultSpool Render(string folder, QueryRows rows, IReadOnlyList<string> columns, CsvDialect dialect, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        try
        {
            long count = 0;
            using (var writer = new SpoolWriter(RowsPath(folder), StartsPath(folder)))
            using (var reader = rows.Read(0))
            {
                for (; reader.Read(); count++)
                {
                    if ((count & 0x3FF) == 0) cancellationToken.ThrowIfCancellationRequested();
                    writer.MarkStart();
                    reader.WriteCsv(writer, dialect);
                }
                writer.MarkStart();
            }
            return new ResultSpool(folder, HeaderRow(columns, dialect), count);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Bytes of the rows from..to, without header.</summary>
    public long LengthOf(long from, long to) => StartOf(to) - StartOf(from);

    /// <summary>Copies header and rows from..to (exclusive) straight into the writer's own buffers.</summary>
    public async Task CopyAsync(PipeWriter output, long from, long to, CancellationToken cancellationToken)
    {
        output.Write(Header);
        var (position, end) = (StartOf(from), StartOf(to));
        while (position < end)
        {
            var buffer = output.GetMemory(CopyBytes);
            var read = RandomAccess.Read(_rows, buffer.Span[..(int)Math.Min(buffer.Length, end - position)], position);
            output.Advance(read);
            position += read;
            var flushed = await output.FlushAsync(cancellationToken);
            if (flushed.IsCompleted) return;
        }
        await output.FlushAsync(cancellationToken);
    }

    /// <summary>A file with header and rows from..to, gzipped.</summary>
    public Task<string> ZippedAsync(long from, long to) =>
        _zipped.GetOrAdd((from, to), page => new Lazy<Task<string>>(() => ZipAsync(page.From, page.To))).Value;

    public void Dispose()
    {
        _rows.Dispose();
        _starts.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> ZipAsync(long from, long to)
    {
        var path = Path.Combine(_folder, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{from}-{to}.gz"));
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
        await using var zip = new GZipStream(file, CompressionLevel.Fastest);
        var output = PipeWriter.Create(zip, new StreamPipeWriterOptions(leaveOpen: true));
        await CopyAsync(output, from, to, CancellationToken.None);
        await output.CompleteAsync();
        return path;
    }

    private long StartOf(long row)
    {
        long start = 0;
        var read = RandomAccess.Read(_starts, MemoryMarshal.AsBytes(new Span<long>(ref start)), row * sizeof(long));
        return read == sizeof(long) ? start : throw new ArgumentOutOfRangeException(nameof(row), row, "No such row.");
    }

    private static byte[] HeaderRow(IReadOnlyList<string> columns, CsvDialect dialect)
    {
        var quote = dialect.QuoteAll ? "\"" : "";
        return Encoding.UTF8.GetBytes(string.Join((char)dialect.Delimiter, columns.Select(column => quote + column + quote)) + (dialect.CrLf ? "\r\n" : "\n"));
    }

    private static string RowsPath(string folder) => Path.Combine(folder, "rows.csv");
    private static string StartsPath(string folder) => Path.Combine(folder, "starts");
}
