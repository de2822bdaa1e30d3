using Dapper;
using Npgsql;
using Orgtap.Primitives;
using static Orgtap.Replicas.Postgres.PostgresNames;
using static Orgtap.Replicas.SqlName;

namespace Orgtap.Replicas.Postgres;

/// <summary>Makes a schema a replica and recognises one. Layout 3; later layouts only ever add.</summary>
internal static class PostgresLayout
{
    private const int Version = 3;

    private const string Tables = """
        CREATE TABLE _orgtap_layout (version bigint NOT NULL, moving boolean NOT NULL DEFAULT false);
        CREATE TABLE _orgtap_tables (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          sobject text NOT NULL,
          sobject_key text NOT NULL UNIQUE,
          table_name text NOT NULL UNIQUE,
          fence bigint NOT NULL DEFAULT 0,
          checkpoint text,
          last_complete timestamptz,
          live_rows bigint NOT NULL DEFAULT 0,
          deleted_rows bigint NOT NULL DEFAULT 0,
          writer_pid int,
          writer_since timestamptz,
          ahead_pid int,
          ahead_since timestamptz);
        CREATE TABLE _orgtap_columns (
          table_id bigint NOT NULL REFERENCES _orgtap_tables (id),
          name text NOT NULL,
          name_key text NOT NULL,
          column_name text NOT NULL,
          part bigint NOT NULL DEFAULT 0,
          type text NOT NULL,
          digits bigint NOT NULL,
          scale bigint NOT NULL,
          updated bigint NOT NULL,
          PRIMARY KEY (table_id, name_key),
          UNIQUE (table_id, column_name));
        CREATE TABLE _orgtap_seen (table_id bigint NOT NULL, id text COLLATE "C" NOT NULL, PRIMARY KEY (table_id, id));
        CREATE TABLE _orgtap_missing (table_id bigint NOT NULL, id text COLLATE "C" NOT NULL, PRIMARY KEY (table_id, id));
        COMMENT ON COLUMN _orgtap_tables.writer_pid IS 'the session that writes, or wrote last; whoever opens the table ends it';
        COMMENT ON COLUMN _orgtap_tables.ahead_pid IS 'the session that is sent the page behind, or was last; whoever opens the table ends it';
        COMMENT ON COLUMN _orgtap_columns.part IS 'where a table has more than one: its columns lie in _orgtap_row_part_<table_id>_<part>, and a view has its name';
        COMMENT ON COLUMN _orgtap_columns.updated IS '1: complete and kept up to date; 2: being filled; 0: no longer selected, the values are old';
        """;

    /// <summary>From layout 1, in which every table was one.</summary>
    private const string AddParts = "ALTER TABLE _orgtap_columns ADD COLUMN part bigint NOT NULL DEFAULT 0; UPDATE _orgtap_layout SET version = 2";

    /// <summary>From layout 2, in which a table was written over one session.</summary>
    private const string AddAhead = "ALTER TABLE _orgtap_tables ADD COLUMN ahead_pid int, ADD COLUMN ahead_since timestamptz; UPDATE _orgtap_layout SET version = 3";

    /// <exception cref="OrgtapException">The schema holds something else, or was made by a newer version.</exception>
    public static async Task EnsureAsync(NpgsqlConnection db, string schema, CancellationToken cancellationToken)
    {
        CheckSchema(schema);
        if (await VersionAsync(db, schema) is { } known)
        {
            CheckVersion(schema, known);
            if (known == Version) return;
        }
        await using var transaction = await db.BeginTransactionAsync(cancellationToken);
        await db.ExecuteAsync("SELECT pg_advisory_xact_lock(1330794326, hashtext(@schema))", new { schema }, transaction);
        // Another process may have been first.
        if (await VersionAsync(db, schema) is not { } meanwhile)
        {
            if (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = @schema", new { schema }, transaction) > 0)
                throw new InvalidInputException($"The schema {schema} is not a replica that Orgtap made, and it is not empty.", "Name another with --schema. It was not changed.");
            if (await db.ExecuteScalarAsync<long>("SELECT COUNT(*) FROM pg_namespace WHERE nspname = @schema", new { schema }, transaction) == 0)
                await db.ExecuteAsync($"CREATE SCHEMA {Quote(schema)}", transaction: transaction);
            await db.ExecuteAsync($"{Tables} INSERT INTO _orgtap_layout (version) VALUES ({Version});", transaction: transaction);
        }
        else
        {
            CheckVersion(schema, meanwhile);
            if (meanwhile < 2) await db.ExecuteAsync(AddParts, transaction: transaction);
            if (meanwhile < 3) await db.ExecuteAsync(AddAhead, transaction: transaction);
        }
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>The layout of the schema; null: it is no replica.</summary>
    public static async Task<long?> VersionAsync(NpgsqlConnection db, string schema)
    {
        if (await db.ExecuteScalarAsync<string?>("SELECT to_regclass(@table)::text", new { table = $"{Quote(schema)}._orgtap_layout" }) is null) return null;
        return await db.ExecuteScalarAsync<long?>($"SELECT version FROM {Quote(schema)}._orgtap_layout");
    }

    private static void CheckVersion(string schema, long version)
    {
        if (version > Version)
            throw new InvalidInputException($"The replica in the schema {schema} was made by a newer version of Orgtap (layout {version}).", "Install that version or a later one. It was not changed.");
    }
}
