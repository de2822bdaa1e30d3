using System.Text.Json;
using Orgtap.SimulatedOrg.Data;
using Orgtap.SimulatedOrg.Schema;

namespace Orgtap.SimulatedOrg.Streaming;

/// <summary>
/// The body of a change event: the header, and the values the change brought. Never among them: Id, IsDeleted, SystemModstamp and formulas
/// (https://developer.salesforce.com/docs/atlas.en-us.change_data_capture.meta/change_data_capture/cdc_event_fields_body.htm).
/// Components of an address or a person's name stand inside their compound.
/// </summary>
internal static class ChangePayload
{
    /// <summary>Fields whose value is another after the change, as <c>changedFields</c> names them.</summary>
    public static IEnumerable<string> ChangedFields(RowChange change, SObjectType type) =>
        type.AllFields.Where(field => Tells(field) && change.After.Values.ContainsKey(field.Name)
            && !Equals(Value(change, field, change.Before), Value(change, field, change.After))).Select(PathOf);

    public static void Write(Utf8JsonWriter writer, ChangeEvent change, SObjectType type, string user)
    {
        writer.WriteStartObject();
        WriteHeader(writer, change, type, user);
        if (change.Row is { } row)
        {
            Func<FieldType, bool> told = change.CarriesAll ? field => Value(row, field, row.After) is not null : field => change.ChangedFields.Contains(PathOf(field));
            foreach (var group in type.Fields.Where(field => Tells(field) && told(field)).GroupBy(field => CompoundOf(field) ?? field.Name))
            {
                writer.WritePropertyName(group.Key);
                if (CompoundOf(group.First()) is null)
                {
                    WriteValue(writer, Value(row, group.First(), row.After));
                    continue;
                }
                writer.WriteStartObject();
                foreach (var field in group)
                {
                    writer.WritePropertyName(PathOf(field)[(group.Key.Length + 1)..]);
                    WriteValue(writer, Value(row, field, row.After));
                }
                writer.WriteEndObject();
            }
        }
        writer.WriteEndObject();
    }

    private static void WriteHeader(Utf8JsonWriter writer, ChangeEvent change, SObjectType type, string user)
    {
        writer.WriteStartObject("ChangeEventHeader");
        writer.WriteString("entityName", type.Name);
        WriteTexts(writer, "recordIds", change.Ids);
        writer.WriteString("changeType", change.Type);
        writer.WriteString("changeOrigin", "com/salesforce/api/rest/66.0");
        writer.WriteString("transactionKey", TransactionKey(change.ReplayId));
        writer.WriteNumber("sequenceNumber", 1);
        writer.WriteNumber("commitTimestamp", change.At.ToUnixTimeMilliseconds());
        writer.WriteNumber("commitNumber", 105_000_000_000 + change.ReplayId);
        writer.WriteString("commitUser", user);
        WriteTexts(writer, "nulledFields", change.Type == "UPDATE" && change.Row is { } row
            ? type.Fields.Where(field => Tells(field) && change.ChangedFields.Contains(PathOf(field)) && Value(row, field, row.After) is null).Select(PathOf) : []);
        WriteTexts(writer, "diffFields", []);
        var seen = type.Fields.Select(PathOf).ToHashSet(StringComparer.Ordinal);
        WriteTexts(writer, "changedFields", change.ChangedFields.Where(seen.Contains));
        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            case long number: writer.WriteNumberValue(number); break;
            case decimal number: writer.WriteNumberValue(number); break;
            case DateTimeOffset instant: writer.WriteStringValue(instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture)); break;
            case DateOnly date: writer.WriteStringValue(date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)); break;
            case TimeOnly time: writer.WriteStringValue(time.ToString("HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture)); break;
            default: writer.WriteStringValue((string)value); break;
        }
    }

    private static bool Tells(FieldType field) =>
        !field.Calculated && !field.IsCompound && field.Type is not ("id" or "base64") && field.Name is not ("IsDeleted" or "SystemModstamp") && !IsPersonName(field);

    /// <summary>The whole name of a person is told by its parts.</summary>
    private static bool IsPersonName(FieldType field) => field.Name == "Name" && field.Content.StartsWith("concat", StringComparison.Ordinal);

    private static string? CompoundOf(FieldType field) => field.CompoundFieldName == field.Name ? null : field.CompoundFieldName;

    /// <summary><c>BillingCity</c> is <c>BillingAddress.City</c>, <c>LastName</c> is <c>Name.LastName</c>.</summary>
    private static string PathOf(FieldType field)
    {
        if (CompoundOf(field) is not { } compound) return field.Name;
        var prefix = compound.EndsWith("Address", StringComparison.Ordinal) ? compound[..^7] : "";
        return compound + "." + (prefix.Length > 0 && field.Name.StartsWith(prefix, StringComparison.Ordinal) ? field.Name[prefix.Length..] : field.Name);
    }

    private static object? Value(RowChange change, FieldType field, OverlayRow? picture)
    {
        var row = change.Rows.Row(change.Ordinal);
        return RowValues.Value(change.Rows.Bind(field).Read(new RowRef(change.Rows, change.Ordinal, row.Hash, picture), new Scratch()), field);
    }

    private static string TransactionKey(long replayId)
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, Hash.Mix((ulong)replayId));
        BitConverter.TryWriteBytes(bytes[8..], Hash.Mix((ulong)replayId + 1));
        return new Guid(bytes).ToString();
    }
}
