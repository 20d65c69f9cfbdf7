using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>What an error of the database means for the store.</summary>
internal static class PostgresFault
{
    /// <summary>The transaction is undone for sure, and may succeed when it is run again: two transactions were in each other's way.</summary>
    public static bool IsConflict(NpgsqlException fault) => fault is PostgresException
    {
        Severity: "ERROR",
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.UniqueViolation,
    };

    /// <summary>The connection is gone: whatever was not committed is undone.</summary>
    public static bool IsLost(NpgsqlException fault) => fault is not PostgresException { Severity: "ERROR" };

    /// <summary>The database cannot serve now: gone, full, stopping, read only, too slow. Anything else is a fault of this program.</summary>
    public static bool IsUnavailable(NpgsqlException fault) => fault is not PostgresException error || IsLost(fault) || error.SqlState[..2] is
        "08" or "25" or "40" or "53" or "55" or "57" or "58" or "F0" or "XX" || error.SqlState == PostgresErrorCodes.InsufficientPrivilege;

    public static bool IsFull(NpgsqlException fault) => fault is PostgresException { SqlState: PostgresErrorCodes.DiskFull };

    /// <summary>Without what the server says in detail: it may name values.</summary>
    public static string Reason(NpgsqlException fault) => fault is PostgresException error ? $"{error.MessageText} [{error.SqlState}]" : fault.Message;

    public static StoreUnavailableException ToUnavailable(NpgsqlException fault) => new(
        IsFull(fault) ? "The disk of the database is full." : $"The database cannot serve now ({Reason(fault)}).", IsFull(fault), fault);
}
