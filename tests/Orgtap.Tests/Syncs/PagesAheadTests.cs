using System.Runtime.CompilerServices;
using Orgtap.Records;
using Orgtap.Syncs;
using Orgtap.Tests.Replicas;

namespace Orgtap.Tests.Syncs;

public sealed class PagesAheadTests
{
    private readonly List<string> _happened = [];
    private readonly ByteBudget _budget = new(64 << 20);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Pages_come_in_order_and_as_many_are_read_ahead_as_may_be_and_the_next_is_told_of_while_one_is_in_hand(int most)
    {
        var (all, told) = (Enumerable.Range(0, 6).Select(_ => Rows()).ToList(), new List<Page>());
        var given = new List<Page>();
        await foreach (var page in PagesAhead.ReadAsync(Source(all), most, Told))
        {
            given.Add(page);
            // What may be read is read, without being asked for.
            var may = Math.Min(all.Count, given.Count + most);
            while (Read() < may) await Task.Yield();
            for (var spin = 0; spin < 100; spin++) await Task.Yield();
            Assert.Equal(may, Read());
            while (given.Count < all.Count && !Has(told, all[given.Count])) await Task.Yield();
            page.Dispose();
        }
        Assert.Equal(all, given);
        Assert.Equal(all.Skip(1), told);

        Task Told(Page page, CancellationToken cancellationToken)
        {
            lock (_happened) told.Add(page);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Nothing_is_read_behind_a_page_without_rows_before_it_is_in_hand()
    {
        var begin = Page.Empty(Pages.Backfill(Pages.Account));
        List<Page> all = [Rows(), begin, Rows()];
        var given = 0;
        await foreach (var page in PagesAhead.ReadAsync(Source(all), 2, Nobody))
        {
            if (given++ == 0)
            {
                while (Read() < 2) await Task.Yield();
                for (var spin = 0; spin < 100; spin++) await Task.Yield();
                Assert.Equal(2, Read());
            }
            page.Dispose();
        }
        Assert.Equal(3, given);
    }

    [Fact]
    public async Task Nothing_is_read_behind_the_page_that_ends_the_load_before_more_is_asked_for()
    {
        var end = Page.Empty(Pages.Backfill(Pages.Account, finished: true));
        await foreach (var page in PagesAhead.ReadAsync(Source([Rows(), end], () => _happened.Add("deleted")), 2, Nobody))
        {
            for (var spin = 0; spin < 100; spin++) await Task.Yield();
            Assert.DoesNotContain("deleted", _happened);
            page.Dispose();
        }
        Assert.Contains("deleted", _happened);
    }

    [Fact]
    public async Task Pages_read_before_a_failure_are_given_and_then_it_is_thrown()
    {
        var given = 0;
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var page in PagesAhead.ReadAsync(Source([Rows(), Rows()], () => throw new InvalidOperationException("cut")), 2, Nobody))
            {
                given++;
                page.Dispose();
            }
        });
        Assert.Equal(("cut", 2), (thrown.Message, given));
    }

    [Fact]
    public async Task Whoever_leaves_gets_no_memory_of_pages_left_behind_and_those_who_were_told_end_first()
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await foreach (var page in PagesAhead.ReadAsync(Source([.. Enumerable.Range(0, 5).Select(_ => Rows())]), 2, Sending))
        {
            while (Read() < 3) await Task.Yield();
            page.Dispose();
            break;
        }
        Assert.True(left.Task.IsCompleted);
        Assert.Equal(0, _budget.Held);

        async Task Sending(Page page, CancellationToken abandoned)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, abandoned).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.True(_budget.Held > 0);
            left.TrySetResult();
        }
    }

    private static Task Nobody(Page page, CancellationToken cancellationToken) => Task.CompletedTask;

    private bool Has(List<Page> told, Page page)
    {
        lock (_happened) return told.Contains(page);
    }

    private int Read()
    {
        lock (_happened) return _happened.Count(what => what == "read");
    }

    private Page Rows() => Page.Empty(Pages.Backfill(Pages.Account)) with { Batches = [Batch()] };

    private RowBatch Batch()
    {
        using var writer = new RowBatchWriter(Pages.Account, _budget);
        foreach (var cell in (string[])["001000000000001AAA", "Name", "1", "false"]) writer.Append(System.Text.Encoding.UTF8.GetBytes(cell));
        writer.EndRow();
        return writer.Take();
    }

    private async IAsyncEnumerable<Page> Source(IReadOnlyList<Page> pages, Action? behind = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            foreach (var page in pages)
            {
                await Task.Yield();
                lock (_happened) _happened.Add("read");
                yield return page;
            }
            behind?.Invoke();
        }
        finally
        {
            // Pages that nobody read are this source's.
            foreach (var page in pages.Skip(Read())) page.Dispose();
        }
    }
}
