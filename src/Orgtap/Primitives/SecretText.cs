using System.Diagnostics;

namespace Orgtap.Primitives;

/// <summary>
/// A token, password, consumer secret or key. Never prints itself: logs, interpolation, the debugger and JSON show dots.
/// Only <see cref="Reveal"/> gives the text, so a search for its callers finds every place where a secret is in clear.
/// </summary>
[DebuggerDisplay("•••")]
[System.Text.Json.Serialization.JsonConverter(typeof(SecretTextJsonConverter))]
public sealed class SecretText(string text) : IEquatable<SecretText>
{
    private readonly string _text = text ?? throw new ArgumentNullException(nameof(text));

    public bool IsEmpty => _text.Length == 0;

    /// <summary>The secret in clear, for the request or the cipher that needs it.</summary>
    public string Reveal() => _text;

    public override string ToString() => "•••";

    public bool Equals(SecretText? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as SecretText);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    public static SecretText? From(string? text) => string.IsNullOrEmpty(text) ? null : new SecretText(text);
}

/// <summary>Writes dots and refuses to read: secrets do not travel in JSON.</summary>
internal sealed class SecretTextJsonConverter : System.Text.Json.Serialization.JsonConverter<SecretText>
{
    public override SecretText Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
        throw new NotSupportedException("Secrets are not read from JSON.");

    public override void Write(System.Text.Json.Utf8JsonWriter writer, SecretText value, System.Text.Json.JsonSerializerOptions options) =>
        writer.WriteStringValue("•••");
}
