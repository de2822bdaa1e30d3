using System.Data.Common;
using Microsoft.Data.Sqlite;
using Orgtap.Masking;
using Orgtap.Primitives;
using Orgtap.Records;
using Orgtap.Replicas;
using Orgtap.Storage;

namespace Orgtap.Tests.Syncs;

/// <summary>The end of a process, at a point that can be chosen: from the n-th step on nothing gets through any more, to the network, to the replica or to the control store.</summary>
internal sealed class Crash(int at)
{
    private int _steps;

    public bool Happened => Volatile.Read(ref _steps) >= at;

    /// <summary>Whether steps count yet: a process that is only starting up is not what dies here.</summary>
    public bool Armed { get; set; } = true;

    public void Step()
    {
        if (!Armed) return;
        if (Interlocked.Increment(ref _steps) >= at) throw new CrashException();
    }
}

internal sealed class CrashException() : Exception("The process ended here.");

/// <summary>A network that ends with the process.</summary>
internal sealed class CrashingNetwork(HttpMessageHandler inner, Crash crash) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        crash.Step();
        var response = await base.SendAsync(request, cancellationToken);
        // The org did what it was asked, and nobody heard.
        crash.Step();
        return response;
    }
}

/// <summary>A control store that fails before anything is read or written, and in place of a commit.</summary>
internal sealed class CrashingControlDatabase(IControlDatabase inner, Crash crash) : IControlDatabase
{
    public bool IsShared => inner.IsShared;

    public Task<long> WorkerAsync(CancellationToken cancellationToken) => inner.WorkerAsync(cancellationToken);

    public Task<IReadOnlySet<long>> AliveAsync(CancellationToken cancellationToken) => inner.AliveAsync(cancellationToken);

    public Task<TimeProvider> ClockAsync(TimeProvider machine, CancellationToken cancellationToken) => inner.ClockAsync(machine, cancellationToken);

    public Task<IAsyncDisposable?> HoldAsync(string name, CancellationToken cancellationToken) => inner.HoldAsync(name, cancellationToken);

    public string Description => inner.Description;

    public Task PrepareAsync(CancellationToken cancellationToken) => inner.PrepareAsync(cancellationToken);

    public async Task<DbConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        crash.Step();
        var connection = await inner.ConnectAsync(cancellationToken);
        CrashInCommit(connection);
        return connection;
    }

    public async Task<DbTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        crash.Step();
        var transaction = await inner.BeginAsync(cancellationToken);
        CrashInCommit(transaction.Connection!);
        return transaction;
    }

    public Task CommitAsync(DbTransaction transaction) => inner.CommitAsync(transaction);

    public Task<string?> OwnAsync(string who, CancellationToken cancellationToken) => inner.OwnAsync(who, cancellationToken);

    public OrgtapException? Explain(Exception failure) => inner.Explain(failure);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    // SQLite rolls back what its hook refuses: the process died before the commit.
    private void CrashInCommit(DbConnection connection) => SQLitePCL.raw.sqlite3_commit_hook(((SqliteConnection)connection).Handle, _ =>
    {
        try
        {
            crash.Step();
            return 0;
        }
        catch (CrashException)
        {
            return 1;
        }
    }, null);
}

/// <summary>A replica that fails before a table is opened or its missing rows are asked for, and before or behind a commit.</summary>
internal sealed class CrashingReplica(IReplica inner, Crash crash) : IReplica
{
    public async Task<OpenTable> OpenAsync(ObjectSchema schema, CancellationToken cancellationToken)
    {
        crash.Step();
        var opened = await inner.OpenAsync(schema, cancellationToken);
        // It has a new fence, and nobody knows.
        crash.Step();
        return opened;
    }

    public int ReadsAhead => inner.ReadsAhead;

    public Task SendAheadAsync(OpenTable table, Page page, CancellationToken cancellationToken) => inner.SendAheadAsync(table, page, cancellationToken);

    public async Task<Commit> CommitAsync(OpenTable table, Page page, CancellationToken cancellationToken)
    {
        crash.Step();
        var commit = await inner.CommitAsync(table, page, cancellationToken);
        crash.Step();
        return commit;
    }

    public Task<IReadOnlyList<string>> MissingAsync(OpenTable table, string? after, int atMost, CancellationToken cancellationToken)
    {
        crash.Step();
        return inner.MissingAsync(table, after, atMost, cancellationToken);
    }

    public async Task<MaskCounts> MaskAsync(MaskingRules rules, CancellationToken cancellationToken)
    {
        crash.Step();
        var masked = await inner.MaskAsync(rules, cancellationToken);
        crash.Step();
        return masked;
    }

    public Task<IReadOnlyList<ReplicaTable>> TablesAsync(CancellationToken cancellationToken) => inner.TablesAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>Loses the rows of one page of a table on their way to the database.</summary>
internal sealed class LossyReplica(IReplica inner, string sobject) : IReplica
{
    private bool _lost;

    public Task<OpenTable> OpenAsync(ObjectSchema schema, CancellationToken cancellationToken) => inner.OpenAsync(schema, cancellationToken);

    public async Task<Commit> CommitAsync(OpenTable table, Page page, CancellationToken cancellationToken)
    {
        if (_lost || page.RowCount == 0 || table.Schema.SObject != sobject) return await inner.CommitAsync(table, page, cancellationToken);
        _lost = true;
        // One batch of the page does not arrive; its counts do.
        return await inner.CommitAsync(table, page with { Batches = [.. page.Batches.Skip(1)] }, cancellationToken);
    }

    public Task<IReadOnlyList<string>> MissingAsync(OpenTable table, string? after, int atMost, CancellationToken cancellationToken) => inner.MissingAsync(table, after, atMost, cancellationToken);

    public Task<MaskCounts> MaskAsync(MaskingRules rules, CancellationToken cancellationToken) => inner.MaskAsync(rules, cancellationToken);

    public Task<IReadOnlyList<ReplicaTable>> TablesAsync(CancellationToken cancellationToken) => inner.TablesAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>Tells of each page before it is committed.</summary>
internal sealed class ObservedReplica(IReplica inner, Action<Page> observe) : IReplica
{
    public Task<OpenTable> OpenAsync(ObjectSchema schema, CancellationToken cancellationToken) => inner.OpenAsync(schema, cancellationToken);

    public Task<Commit> CommitAsync(OpenTable table, Page page, CancellationToken cancellationToken)
    {
        observe(page);
        return inner.CommitAsync(table, page, cancellationToken);
    }

    public Task<IReadOnlyList<string>> MissingAsync(OpenTable table, string? after, int atMost, CancellationToken cancellationToken) => inner.MissingAsync(table, after, atMost, cancellationToken);

    public Task<MaskCounts> MaskAsync(MaskingRules rules, CancellationToken cancellationToken) => inner.MaskAsync(rules, cancellationToken);

    public Task<IReadOnlyList<ReplicaTable>> TablesAsync(CancellationToken cancellationToken) => inner.TablesAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
