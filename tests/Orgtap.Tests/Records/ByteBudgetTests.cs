using Orgtap.Records;

namespace Orgtap.Tests.Records;

public sealed class ByteBudgetTests
{
    private readonly ByteBudget _budget = new(100);

    [Fact]
    public async Task Waits_until_enough_is_released()
    {
        using var first = _budget.OpenShare();
        using var second = _budget.OpenShare();
        await first.AcquireAsync(80, CancellationToken.None);
        var waiting = second.AcquireAsync(30, CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        first.Release(20);
        await waiting;
        Assert.Equal(90, _budget.Held);
    }

    [Fact]
    public async Task The_oldest_share_may_exceed_the_limit_so_that_a_giant_page_gets_through()
    {
        using var first = _budget.OpenShare();
        using var second = _budget.OpenShare();
        await second.AcquireAsync(90, CancellationToken.None);
        await first.AcquireAsync(500, CancellationToken.None);
        Assert.Equal(590, _budget.Held);
    }

    [Fact]
    public async Task When_the_oldest_page_is_gone_the_next_one_goes_on_over_the_limit()
    {
        var first = _budget.OpenShare();
        using var second = _budget.OpenShare();
        await first.AcquireAsync(60, CancellationToken.None);
        await second.AcquireAsync(40, CancellationToken.None);
        var waiting = second.AcquireAsync(300, CancellationToken.None).AsTask();
        first.Dispose();
        Assert.False(waiting.IsCompleted);
        first.Release(60);
        await waiting;
        Assert.Equal(340, _budget.Held);
    }

    [Fact]
    public async Task Nobody_overtakes_the_first_in_line()
    {
        using var oldest = _budget.OpenShare();
        using var large = _budget.OpenShare();
        using var small = _budget.OpenShare();
        await oldest.AcquireAsync(90, CancellationToken.None);
        var first = large.AcquireAsync(50, CancellationToken.None).AsTask();
        var second = small.AcquireAsync(5, CancellationToken.None).AsTask();
        Assert.False(second.IsCompleted);
        oldest.Release(60);
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task A_cancelled_wait_takes_nothing_and_lets_the_next_in_line_go()
    {
        using var oldest = _budget.OpenShare();
        using var large = _budget.OpenShare();
        using var small = _budget.OpenShare();
        using var stop = new CancellationTokenSource();
        await oldest.AcquireAsync(90, CancellationToken.None);
        var first = large.AcquireAsync(50, stop.Token).AsTask();
        var second = small.AcquireAsync(5, CancellationToken.None).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await second;
        Assert.Equal(95, _budget.Held);
    }

    [Fact]
    public async Task Many_pages_that_each_want_more_than_a_part_all_get_through()
    {
        var pages = Enumerable.Range(0, 20).Select(_ => _budget.OpenShare()).ToList();
        await Task.WhenAll(pages.Select(share => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++) await share.AcquireAsync(30, CancellationToken.None);
            share.Dispose();
            share.Release(300);
        })));
        Assert.Equal(0, _budget.Held);
    }
}
