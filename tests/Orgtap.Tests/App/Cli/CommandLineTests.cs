using System.Text.Json;
using Orgtap.App.Cli;
using Orgtap.App.Composition;
using Orgtap.Connections;
using Orgtap.Primitives;
using Orgtap.Syncs;

namespace Orgtap.Tests.App.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("orgtap-cli-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("sync")]
    [InlineData("connections", "threshold", "acme", "many")]
    [InlineData("connect", "--name", "acme", "--client-id", "x", "--flow", "pigeon")]
    [InlineData("runs", "--limit", "abc")]
    [InlineData("conversations", "setup", "acme", "--channel", "Chat", "--channel", "Nonsense")]
    public async Task A_wrong_command_line_ends_with_2_and_points_to_help(params string[] arguments)
    {
        var session = CliSession.Closed(data: _data);
        Assert.Equal(ExitCode.BadInput, await session.RunAsync(arguments));
        Assert.Contains("--help", session.Error, StringComparison.Ordinal);
        // Types are ours, not the reader's.
        Assert.DoesNotMatch(@"\b(Orgtap|System)\.\w", session.Error);
        Assert.Equal("", session.Output);
    }

    [Fact]
    public async Task An_unknown_connection_is_named_with_the_next_step()
    {
        var session = CliSession.Closed(data: _data);
        Assert.Equal(ExitCode.BadInput, await session.RunAsync("sync", "acme"));
        Assert.Equal("Error: There is no connection called acme.\nYour turn: Make one with `orgtap connect`.\n", session.Error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task With_json_an_error_is_json_too()
    {
        var session = CliSession.Closed(data: _data);
        await session.RunAsync("sync", "acme", "--json");
        var error = JsonDocument.Parse(session.Error).RootElement.GetProperty("error");
        Assert.Equal("InvalidInput", error.GetProperty("kind").GetString());
        Assert.Equal("Operator", error.GetProperty("turn").GetString());
    }

    [Fact]
    public async Task A_directory_in_use_ends_with_5_for_verbs_that_write_and_not_for_those_that_read()
    {
        using var owner = OwnerLock.Take(_data, "serve");
        var session = CliSession.Closed(data: _data);
        Assert.Equal(ExitCode.InUse, await session.RunAsync("plan", "acme"));
        Assert.Contains($"process {Environment.ProcessId}", session.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, await session.RunAsync("status"));
    }

    [Fact]
    public async Task A_user_gets_a_link_and_a_token_that_are_printed_alone_on_standard_output()
    {
        var add = CliSession.Closed(data: _data);
        Assert.Equal(ExitCode.Done, await add.RunAsync("users", "add", "marta@example.com", "--name", "Marta", "--role", "administrator"));
        Assert.Matches(@"^/link/[\w-]{43}\r?\n$", add.Output);
        using (var owner = OwnerLock.Take(_data, "serve"))
        {
            owner.Announce(new Uri("http://localhost:5080/"));
            var again = CliSession.Closed(data: _data);
            await again.RunAsync("users", "link", "marta@example.com");
            Assert.Matches(@"^http://localhost:5080/link/[\w-]{43}\r?\n$", again.Output);
        }
        var token = CliSession.Closed(data: _data);
        Assert.Equal(ExitCode.Done, await token.RunAsync("users", "token", "marta@example.com", "--name", "export"));
        Assert.Matches(@"^orgtap_[\w-]{43}\r?\n$", token.Output);
        var list = CliSession.Closed(data: _data);
        await list.RunAsync("users", "list", "--json");
        Assert.Equal("export", JsonDocument.Parse(list.Output).RootElement[0].GetProperty("tokens")[0].GetProperty("name").GetString());
        Assert.DoesNotContain(token.Output.Trim(), list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_outside_Salesforce_is_refused_with_the_setting_that_admits_it()
    {
        var session = CliSession.Closed("password=x\n", _data);
        Assert.Equal(ExitCode.BadInput, await session.RunAsync(
            "connect", "--name", "acme", "--url", "http://127.0.0.1:9333", "--flow", "password", "--username", "me", "--client-id", "key", "--secrets-stdin"));
        Assert.Contains("ORGTAP_ALLOW_ADDRESSES=127.0.0.1:9333", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_are_read_from_lines_and_a_wrong_line_is_not_repeated()
    {
        var read = Secrets.ReadLines(new StringReader("password=a=b c\n\nclient-secret=x\n"));
        Assert.Equal("a=b c", read["password"]);
        Assert.Equal("x", read["client-secret"]);
        var refusal = Assert.Throws<InvalidInputException>(() => Secrets.ReadLines(new StringReader("hunter2")));
        Assert.DoesNotContain("hunter2", refusal.Message + refusal.NextStep, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FailureKind.InvalidInput, 2)]
    [InlineData(FailureKind.ReauthorizationRequired, 3)]
    [InlineData(FailureKind.Permission, 3)]
    [InlineData(FailureKind.QuotaExhausted, 4)]
    [InlineData(FailureKind.Transient, 1)]
    [InlineData(FailureKind.Defect, 70)]
    public void Each_kind_of_failure_has_its_exit_code(FailureKind kind, int code) => Assert.Equal(code, ExitCode.Of(kind));

    [Theory]
    [InlineData(RunOutcome.Completed, null, false, 0)]
    [InlineData(RunOutcome.Partial, null, false, 1)]
    [InlineData(RunOutcome.Failed, FailureKind.Transient, false, 1)]
    [InlineData(RunOutcome.Failed, FailureKind.ReauthorizationRequired, false, 3)]
    [InlineData(RunOutcome.Failed, FailureKind.Defect, false, 1)]
    [InlineData(RunOutcome.Stopped, FailureKind.QuotaExhausted, false, 4)]
    [InlineData(RunOutcome.Stopped, null, true, 130)]
    [InlineData(RunOutcome.Completed, null, true, 0)]
    public void A_run_ends_the_verb_with_its_code(RunOutcome outcome, FailureKind? kind, bool interrupted, int code)
    {
        Assert.Equal(code, SyncVerb.ExitCodeOf(outcome, kind, interrupted));
    }

    [Fact]
    public void A_table_may_be_asked_for_with_its_fields()
    {
        Assert.Null(SelectVerb.ParseTable("Account").Fields);
        var some = SelectVerb.ParseTable("Contact: FirstName, LastName");
        Assert.Equal("Contact", some.SObject);
        Assert.Equal(["FirstName", "LastName"], some.Fields!);
        Assert.Throws<InvalidInputException>(() => SelectVerb.ParseTable("Contact:"));
        Assert.Throws<InvalidInputException>(() => SelectVerb.ParseTable(":Name"));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "\"\"")]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"\n", "\"say \"\"hi\"\"\n\"")]
    public void A_cell_of_csv_tells_null_from_empty(string? text, string cell) => Assert.Equal(cell, QueryVerb.CsvCell(text));

    [Fact]
    public void Columns_of_the_same_name_are_told_apart_in_json() => Assert.Equal(["Id", "Id_2", "Name", "Id_3"], QueryVerb.UniqueNames(["Id", "Id", "Name", "Id"]));
}
