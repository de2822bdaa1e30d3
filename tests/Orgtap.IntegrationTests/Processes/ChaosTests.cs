using System.Diagnostics;
using System.Globalization;

namespace Orgtap.IntegrationTests.Processes;

/// <summary>
/// <c>orgtap serve</c> and two <c>orgtap work</c> on one PostgreSQL server, two orgs that change all the time, and everything that can happen to them: kill -9 of any process and of the server, processes that
/// freeze and wake up late, sessions and connections that are cut, errors of Salesforce, orgs whose other apps use up the quota, clocks that are set forth and back, the server's too. In the end every copy is the org's, value by value.
/// Three minutes, half an hour with ORGTAP_SOAK=1; ORGTAP_CHAOS_MINUTES makes it as long as one likes, ORGTAP_SEED repeats what was drawn.
/// </summary>
public sealed class ChaosTests
{
    [Fact]
    public async Task Kills_freezes_and_faults_of_every_kind_lose_nothing_and_double_nothing()
    {
        Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("ORGTAP_TEST_POSTGRES")), "No PostgreSQL: ORGTAP_TEST_POSTGRES is not set. Run the tests through ./test or tests/with-postgres.");
        var minutes = double.Parse(Environment.GetEnvironmentVariable("ORGTAP_CHAOS_MINUTES") ?? (Environment.GetEnvironmentVariable("ORGTAP_SOAK") == "1" ? "30" : "3"), CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("ORGTAP_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        stop.CancelAfter(TimeSpan.FromMinutes(minutes + 6));
        await using var scene = await Scene.SetAsync(new Random(seed), stop.Token);
        try
        {
            using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
            for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(minutes);)
            {
                await scene.HappenAsync();
                await second.WaitForNextTickAsync(stop.Token);
            }
            await scene.CalmAsync();
            var (rows, values) = await scene.CompareAsync();
            TestContext.Current.TestOutputHelper!.WriteLine($"Seed {seed}, {minutes} minutes: {scene.Told()}; {rows} rows and {values} values compared.");
            if (minutes >= 10) Assert.All(scene.Counts, count => Assert.True(count.Value > 0, $"There was no {count.Key}."));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"Seed {seed}, {scene.Told()}\n{failure.Message}\n{await scene.LeftAsync()}", failure);
        }
    }
}
