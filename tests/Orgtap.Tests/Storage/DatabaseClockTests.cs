using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orgtap.App.Composition;
using Orgtap.Storage;
using Orgtap.Tests.Salesforce;
using Quartz;

namespace Orgtap.Tests.Storage;

public sealed class DatabaseClockTests
{
    private static readonly DateTimeOffset Told = new(2026, 11, 28, 9, 0, 0, TimeSpan.Zero);

    private readonly ManualTime _machine = new(new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private DateTimeOffset _database = Told;
    private int _readings;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_shows_what_the_database_said_and_counts_on()
    {
        var clock = await DatabaseClock.StartAsync(ReadAsync, _machine, Stop);
        Assert.Equal(Told, clock.GetUtcNow());
        _machine.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(Told.AddSeconds(9), clock.GetUtcNow());
        Assert.Equal(1, _readings);
    }

    [Fact]
    public async Task After_a_while_it_asks_again_and_follows_a_database_whose_clock_was_set()
    {
        var clock = await DatabaseClock.StartAsync(ReadAsync, _machine, Stop);
        _machine.Advance(DatabaseClock.Period);
        _database = Told.AddHours(-1);
        // Whoever notices that it is time gets what was counted.
        Assert.Equal(Told + DatabaseClock.Period, clock.GetUtcNow());
        Assert.Equal((Told.AddHours(-1), 2), (clock.GetUtcNow(), _readings));
    }

    [Fact]
    public async Task While_the_database_is_away_it_counts_on_and_asks_once_a_second()
    {
        var (isAway, asked) = (false, 0);
        var clock = await DatabaseClock.StartAsync(stop =>
        {
            asked++;
            return isAway ? throw new InvalidOperationException("It is away.") : ReadAsync(stop);
        }, _machine, Stop);
        isAway = true;
        _machine.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 10; i++) Assert.Equal(Told.AddHours(1), clock.GetUtcNow());
        Assert.Equal(2, asked);
        _machine.Advance(TimeSpan.FromSeconds(1));
        (isAway, _database) = (false, Told.AddMinutes(62));
        clock.GetUtcNow();
        Assert.Equal(Told.AddMinutes(62), clock.GetUtcNow());
    }

    [Fact]
    public async Task An_answer_that_was_long_on_its_way_is_asked_for_again()
    {
        var clock = await DatabaseClock.StartAsync(async stop =>
        {
            var told = await ReadAsync(stop);
            // A process that is frozen between question and answer.
            if (_readings == 1) Pass(TimeSpan.FromSeconds(25));
            return told;
        }, _machine, Stop);
        Assert.Equal((Told.AddSeconds(25), 2), (clock.GetUtcNow(), _readings));
    }

    [Fact]
    public async Task A_database_that_is_always_slow_is_believed_in_the_end()
    {
        var clock = await DatabaseClock.StartAsync(async stop =>
        {
            Pass(TimeSpan.FromSeconds(2));
            return await ReadAsync(stop);
        }, _machine, Stop);
        Assert.Equal(_database, clock.GetUtcNow());
    }

    /// <summary>The real one, for everything that an installation does, Quartz's jobs among it.</summary>
    [Fact]
    public async Task An_installation_that_processes_share_goes_by_its_databases_clock()
    {
        var directory = Directory.CreateTempSubdirectory("orgtap-clock-").FullName;
        try
        {
            var settings = new InstallationSettings(directory, null, null, [], null) { Database = StoreDatabase.Postgres.AddressFor(directory) };
            await using (var installation = await Installation.OpenAsync(settings, null, TimeProvider.System, Stop))
            {
                await using var source = NpgsqlDataSource.Create(TestPostgres.Address.ConnectionString);
                var shown = installation.Time.GetUtcNow();
                await using var ask = source.CreateCommand("SELECT clock_timestamp()");
                Assert.InRange(shown, DateTimeOffset.MinValue, new DateTimeOffset((DateTime)(await ask.ExecuteScalarAsync(Stop))!));
                Assert.IsType<DatabaseClock>(installation.Time);
                var services = new ServiceCollection().AddLogging();
                installation.AddTo(services);
                await using var all = services.BuildServiceProvider();
                Assert.Same(installation.Time, (await all.GetRequiredService<ISchedulerFactory>().GetScheduler(Stop)).TimeProvider);
            }
        }
        finally
        {
            await StoreDatabase.Postgres.DeleteAsync(directory);
        }
    }

    private void Pass(TimeSpan time)
    {
        _machine.Advance(time);
        _database += time;
    }

    private Task<DateTimeOffset> ReadAsync(CancellationToken cancellationToken)
    {
        _readings++;
        return Task.FromResult(_database);
    }
}
