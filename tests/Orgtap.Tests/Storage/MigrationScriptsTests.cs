using System.Text.RegularExpressions;
using Orgtap.Tests.Architecture;

namespace Orgtap.Tests.Storage;

/// <summary>Scripts stay within what SQLite and PostgreSQL share, where no database is at hand to say so too.</summary>
public sealed partial class MigrationScriptsTests
{
    [Fact]
    public void Scripts_use_only_what_both_databases_understand()
    {
        var scripts = Repository.Sources("src/Orgtap/Storage/Migrations", "*.sql").ToList();
        Assert.NotEmpty(scripts);
        var strays = scripts.SelectMany(script => script.Lines.Select((line, index) => (script.Path, Line: Comment().Replace(line, ""), Number: index + 1)))
            .Where(at => Foreign().IsMatch(at.Line)).Select(at => $"{at.Path}:{at.Number} {Foreign().Match(at.Line).Value}");
        Assert.Empty(strays);
    }

    [Fact]
    public void Numbers_of_scripts_are_four_digits_and_occur_once()
    {
        var names = Repository.Sources("src/Orgtap/Storage/Migrations", "*.sql").Select(script => Path.GetFileName(script.Path)).ToList();
        Assert.All(names, name => Assert.Matches(@"^\d{4}_[a-z_]+\.sql$", name));
        Assert.Equal(names.Count, names.Select(name => name[..4]).Distinct().Count());
    }

    [GeneratedRegex("--.*$")]
    private static partial Regex Comment();

    // INTEGER has 32 bits in PostgreSQL; REAL has 24 binary digits there; the others exist in one of the two only.
    [GeneratedRegex(@"\b(INTEGER|INT|REAL|BLOB|BYTEA|DATETIME|TIMESTAMP\w*|SERIAL|BIGSERIAL|AUTOINCREMENT|PRAGMA|ROWID|JSONB?|strftime|datetime|now|ifnull|INSERT OR|BOOLEAN|STRICT|GLOB)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Foreign();
}
