using CsvHelper;
using Orgtap.Records;

namespace Orgtap.Extraction;

/// <summary>The rows of one page of CSV, from the response's bytes straight into row batches.</summary>
internal static class CsvRows
{
    private static readonly CsvReaderOptions Options = new()
    {
        Separator = ',',
        // A cut body shows as an open quote or a short record; recovering would make up rows.
        MalformedData = CsvMalformedDataHandling.Throw,
        FieldCountMismatch = CsvFieldCountHandling.Throw,
        // 800 long texts of 131,072 characters, which no row of Salesforce reaches.
        MaxRecordSize = 400 << 20,
    };

    /// <param name="batches">Filled; the caller disposes them, also after an exception.</param>
    /// <returns>Records seen, rejected ones included.</returns>
    /// <exception cref="Primitives.OrgtapException">Transient: the body is damaged. SchemaChanged: a column is missing.</exception>
    public static async Task<long> ReadAsync(Stream body, ObjectSchema schema, RowBatchWriter writer, List<RowBatch> batches, List<RejectedRow> rejected, CancellationToken cancellationToken)
    {
        try
        {
            await using var csv = CsvReader.Create(body, Options, leaveOpen: true);
            await csv.ReadHeaderAsync(cancellationToken);
            // An empty result is a header alone or nothing at all.
            if (csv.Headers.Count == 0) return 0;
            var fields = FieldsOf(csv, schema);

            long records = 0;
            await writer.ReadyAsync(cancellationToken);
            while (await csv.ReadAsync(cancellationToken))
            {
                records++;
                Append(csv, fields, writer, rejected);
                if (!writer.IsFull) continue;
                batches.Add(writer.Take());
                await writer.ReadyAsync(cancellationToken);
            }
            if (writer.RowCount > 0) batches.Add(writer.Take());
            return records;
        }
        catch (CsvFormatException damage)
        {
            throw ExtractionFailures.BrokenPage(schema.SObject, damage.GetType().Name, damage);
        }
    }

    private static void Append(CsvReader csv, int[] fields, RowBatchWriter writer, List<RejectedRow> rejected)
    {
        foreach (var field in fields)
        {
            if (writer.Append(csv.GetSpan(field))) continue;
            rejected.Add(writer.RejectRow());
            return;
        }
        writer.EndRow();
    }

    /// <summary>For each column of the schema, where it is in the file: servers may order columns as they like.</summary>
    private static int[] FieldsOf(CsvReader csv, ObjectSchema schema)
    {
        var fields = new int[schema.Columns.Count];
        for (var i = 0; i < fields.Length; i++)
            if (!csv.TryGetFieldIndex(schema.Columns[i].Name, out fields[i])) throw ExtractionFailures.ColumnMissing(schema.SObject, schema.Columns[i].Name);
        return fields;
    }
}
