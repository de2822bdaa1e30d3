using Orgtap.Primitives;
using Orgtap.Storage;

namespace Orgtap.Tests.Storage;

public sealed class PostgresAddressTests
{
    [Theory]
    [InlineData("Host=db;Port=5433;Database=orgtap;Username=me;Password=p w")]
    [InlineData("postgresql://me:p%20w@db:5433/orgtap")]
    [InlineData("postgres://me:p%20w@db:5433/orgtap?sslmode=verify-full&application_name=orgtap")]
    public void Both_spellings_name_the_same_place_and_hide_the_password(string text)
    {
        var address = PostgresAddress.Parse(text, "test");
        Assert.Equal("db:5433/orgtap", address.ToString());
        Assert.True(address.HasPassword);
        Assert.Contains("p w", address.ConnectionString, StringComparison.Ordinal);
        Assert.Null(address.Schema);
    }

    [Fact]
    public void Settings_of_an_address_are_kept()
    {
        var address = PostgresAddress.Parse("postgresql://db/orgtap?sslmode=verify-full&search_path=acme,public", "test");
        Assert.Contains("SSL Mode=VerifyFull", address.ConnectionString, StringComparison.Ordinal);
        Assert.Equal("acme", address.Schema);
        Assert.False(address.HasPassword);
    }

    [Theory]
    [InlineData("mysql://me:hunter2@db/orgtap")]
    [InlineData("Host=db;Password=hunter2")]
    [InlineData("Host=db;Database=x;Password=hunter2;Nonsense=1")]
    [InlineData("postgresql://me:hunter2@db/orgtap?nonsense=1")]
    [InlineData("postgresql://me:hunter2@/x y:z/")]
    [InlineData("hunter2")]
    public void What_is_no_address_is_refused_without_being_repeated(string text)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => PostgresAddress.Parse(text, "ORGTAP_DATABASE"));
        Assert.Contains("ORGTAP_DATABASE", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refusal.ToString(), StringComparison.Ordinal);
    }
}
