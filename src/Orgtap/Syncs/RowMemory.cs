using Orgtap.Connections;
using Orgtap.Records;

namespace Orgtap.Syncs;

/// <summary>
/// Memory of the pages in flight, of all runs together. A file has one writer, which gains nothing by pages that wait for it; PostgreSQL is sent two at once while a third is parsed, and needs room for them.
/// </summary>
public sealed record RowMemory(ByteBudget Files, ByteBudget Postgres)
{
    public ByteBudget Of(Connection connection) => connection.Replica is null ? Files : Postgres;
}
