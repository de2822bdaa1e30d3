using System.Net.Sockets;
using Npgsql;
using Orgtap.Primitives;

namespace Orgtap.Storage;

/// <summary>Puts PostgreSQL's SQLSTATE codes (https://www.postgresql.org/docs/current/errcodes-appendix.html) into words and says who acts. The only place that reads them.</summary>
internal static class PostgresFailure
{
    private const string Again = "Orgtap tries again; if it goes on, look at the PostgreSQL server and its log.";

    /// <param name="where">What was used, e.g. <c>The control database db:5432/orgtap</c>; begins the sentence.</param>
    /// <returns>Null: it is not a failure of the database.</returns>
    public static OrgtapException? Of(Exception failure, string where) => failure switch
    {
        PostgresException refused => OfState(refused, where),
        NpgsqlException { InnerException: TimeoutException } slow => new OrgtapException(FailureKind.Transient, $"{where} did not answer in time.", Again, slow.Message, slow),
        NpgsqlException lost => new OrgtapException(FailureKind.Transient, $"{where} cannot be reached.",
            "Check that the server runs and the address is right; Orgtap tries again.", Detail(lost), lost),
        SocketException unreachable => new OrgtapException(FailureKind.Transient, $"{where} cannot be reached.",
            "Check that the server runs and the address is right; Orgtap tries again.", unreachable.Message, unreachable),
        _ => null,
    };

    /// <summary>Whether nothing of the statement can have happened, because the connection was dead before it, or the server turned it away at the door.</summary>
    public static bool IsStaleConnection(Exception failure) => failure switch
    {
        PostgresException { SqlState: "57P01" or "57P02" or "57P03" } => true,
        PostgresException => false,
        NpgsqlException { InnerException: TimeoutException } => false,
        NpgsqlException => true,
        _ => false,
    };

    private static OrgtapException OfState(PostgresException refused, string where)
    {
        var detail = $"PostgreSQL {refused.SqlState}: {refused.MessageText}";
        OrgtapException Because(FailureKind kind, string message, string nextStep) => new(kind, message, nextStep, detail, refused);
        return refused.SqlState switch
        {
            "28P01" or "28000" => Because(FailureKind.InvalidInput, $"{where} refuses the user name or the password.", "Check user and password, and the server's pg_hba.conf."),
            "3D000" => Because(FailureKind.InvalidInput, $"{where}: the database does not exist.", "Create it with `createdb`, or name another."),
            "3F000" => Because(FailureKind.InvalidInput, $"{where}: the schema does not exist.", "Create it and give it to the role, or let the role create schemas (GRANT CREATE ON DATABASE)."),
            "42501" => Because(FailureKind.InvalidInput, $"{where}: the role may not do this.", "Give it the rights that docs/postgresql.md lists."),
            "25006" => Because(FailureKind.InvalidInput, $"{where} is read-only, e.g. a standby.", "Name the primary server."),
            "54000" or "54011" => Because(FailureKind.InvalidInput, $"{where}: there are more fields than PostgreSQL's 1,600 columns of a table.",
                "Select fewer fields of this table, or keep the connection's rows in a file: `orgtap connections replica NAME --file`."),
            "2BP01" or "0A000" when refused.SqlState == "2BP01" || refused.MessageText.Contains("used by", StringComparison.Ordinal) => Because(FailureKind.InvalidInput,
                $"{where}: a table's columns change their types, and a view or function that somebody else made uses them.", "Drop it and make it again after the next sync: psql's \\d+ shows what uses a view or table."),
            "53100" => Because(FailureKind.InvalidInput, $"{where}: the server has no room left on its disk.", "Make room there. What was committed is kept."),
            "53300" => Because(FailureKind.Transient, $"{where}: the server has no connection left to give.", Again),
            "57014" => Because(FailureKind.Transient, $"{where}: a statement took longer than it may.", Again),
            "55P03" => Because(FailureKind.Transient, $"{where}: another program keeps a table locked.", "Orgtap tries again; if it goes on, end the program or session that holds the lock (pg_stat_activity shows it)."),
            "40001" or "40P01" => Because(FailureKind.Transient, $"{where}: two transactions were in each other's way.", Again),
            ['5', '7', 'P', ..] or ['0', '8', ..] or "25P03" => Because(FailureKind.Transient, $"{where} closed the connection.", Again),
            ['5', '3', ..] or ['5', '8', ..] => Because(FailureKind.Transient, $"{where}: the server is out of a resource.", Again),
            _ => Because(FailureKind.Defect, $"{where} refused an operation.", "Report this with the details; nothing was written."),
        };
    }

    private static string Detail(NpgsqlException lost) => lost.InnerException is { } inner ? $"{lost.Message} ({inner.Message})" : lost.Message;
}
