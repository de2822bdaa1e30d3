using System.Text.Json;
using Orgtap.Primitives;

namespace Orgtap.Tests.Primitives;

public sealed class SecretTextTests
{
    private static readonly SecretText Secret = new("open sesame");

    [Fact]
    public void Shows_dots_wherever_it_is_printed()
    {
        Assert.DoesNotContain("sesame", Secret.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", $"{Secret}", StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", JsonSerializer.Serialize(new { Secret }), StringComparison.Ordinal);
    }

    [Fact]
    public void Is_not_read_from_JSON() =>
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Deserialize<SecretText>("\"open sesame\""));

    [Fact]
    public void Empty_text_is_no_secret()
    {
        Assert.Null(SecretText.From(""));
        Assert.Null(SecretText.From(null));
        Assert.Equal(Secret, SecretText.From("open sesame"));
    }
}
