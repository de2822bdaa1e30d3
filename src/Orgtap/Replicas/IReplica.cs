using Orgtap.Masking;
using Orgtap.Records;

namespace Orgtap.Replicas;

/// <summary>
/// Where one connection's rows live. Promises: a page's rows and its checkpoint become visible together or not at all, readers never see half
/// a page, and only the newest opener of a table can commit to it.
/// </summary>
public interface IReplica : IAsyncDisposable
{
    /// <summary>
    /// Makes the table fit the schema (creates it, adds columns, never drops one) and takes a new fence: from now on commits under an
    /// older fence fail.
    /// </summary>
    Task<OpenTable> OpenAsync(ObjectSchema schema, CancellationToken cancellationToken);

    /// <summary>
    /// Writes one page and the checkpoint that covers it, or neither. Rows are upserted by Id and counted by the database inside the
    /// transaction; the stored checkpoint is <c>page.Covers</c> with this page added to its tally. A page of a
    /// <see cref="LoadMode.Snapshot"/> that finishes the load also marks rows the load did not see as deleted (removes them where the object has no IsDeleted).
    /// <para>Other modes, whose batches hold Id and the columns of <see cref="Checkpoint.Part"/>:</para>
    /// <para><see cref="LoadMode.Columns"/> and <see cref="LoadMode.Refresh"/> change these columns of rows that are there; a row that is not is counted as absent and noted as missing, and so is, at the load's end, a live row that the load did not meet (changed since, or hidden).
    /// <see cref="LoadMode.Reconcile"/> notes Ids as seen, and as missing where a column of the part (deletion mark, stamp) differs from the row's; its finishing page sweeps as a snapshot's does and notes seen Ids that the table lacks as missing.
    /// <see cref="LoadMode.Deletes"/> marks (or removes) the rows of the Ids unless their stamp is newer than the batch's second column.
    /// <see cref="LoadMode.Mend"/> upserts whole rows and forgets missing Ids up to the page's <see cref="KeysetPosition"/>; a row that is there and did not come is gone, and marked (or removed).</para>
    /// </summary>
    /// <exception cref="Primitives.FencedException">A newer run owns the table; this one must stop.</exception>
    Task<Commit> CommitAsync(OpenTable table, Page page, CancellationToken cancellationToken);

    /// <summary>How many pages behind the one that is committed are worth being read.</summary>
    int ReadsAhead => 1;

    /// <summary>
    /// Begins to write a page beside the commit of the one before it, where the replica gains by that; without a commit of this very page nothing of it stays. Pages are given in the order of
    /// their commits. A hint: nothing need be done.
    /// </summary>
    /// <param name="cancellationToken">Says that the commit will not come.</param>
    /// <returns>Ends when the page's memory is no longer read, and never fails: what went wrong is the commit's to meet. Behind the page's own commit, however that ended, nothing reads it any more.</returns>
    Task SendAheadAsync(OpenTable table, Page page, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ids of rows that the org is known to have and the table lacks, in order of Id (<see cref="LoadMode.Mend"/>).</summary>
    /// <param name="after">Null: from the beginning.</param>
    Task<IReadOnlyList<string>> MissingAsync(OpenTable table, string? after, int atMost, CancellationToken cancellationToken);

    /// <summary>
    /// Brings the texts that are stored under these rules: masks those of every table and column, deselected and deleted ones included, and notes in the checkpoints what must be read again because a
    /// rule was taken away (<see cref="Checkpoint.Under"/>). Tables that are so already are left alone. Begun again after a death at any line, it ends the same: masking twice is masking once.
    /// </summary>
    /// <returns>What was masked.</returns>
    Task<MaskCounts> MaskAsync(MaskingRules rules, CancellationToken cancellationToken);

    /// <summary>What the replica holds, table by table.</summary>
    Task<IReadOnlyList<ReplicaTable>> TablesAsync(CancellationToken cancellationToken);
}

/// <summary>A table opened for writing.</summary>
/// <param name="Fence">Grows with every open; the highest wins.</param>
/// <param name="Checkpoint">How far the table is loaded; null: never.</param>
public sealed record OpenTable(ObjectSchema Schema, long Fence, Checkpoint? Checkpoint);

/// <summary>What a commit did.</summary>
/// <param name="Stored">The checkpoint as it now stands in the replica.</param>
public sealed record Commit(CommitCounts Counts, Checkpoint Stored);

/// <summary>One table as a data consumer meets it.</summary>
/// <param name="Rows">Rows that are not marked deleted.</param>
/// <param name="LastComplete">When a load last ended with nothing missing, UTC; null: never.</param>
public sealed record ReplicaTable(string SObject, string TableName, long Rows, Checkpoint? Checkpoint, DateTimeOffset? LastComplete);
