using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The pool of connections, with the settings this store needs; errors of opening as one line for the administrator.</summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    /// <summary>Connections of a node unless the connection string says otherwise: more than the database has processors for, fewer than it allows (100).</summary>
    private const int DefaultMaxPoolSize = 24;

    /// <summary>Statements kept prepared on a connection: all of this store's fit.</summary>
    private const int MaxAutoPrepare = 200;

    private const int KeepAliveSeconds = 10;

    private readonly NpgsqlDataSource _source;

    // With the password, as the source has it.
    private readonly string _alone;

    private PostgresConnections(NpgsqlDataSource source, string alone) => (_source, _alone) = (source, alone);

    /// <exception cref="StoreOpeningException">The text is no connection string.</exception>
    public static PostgresConnections From(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (string.IsNullOrEmpty(settings.Host))
            {
                throw new StoreOpeningException("The connection string of the store names no host. Example: Host=db.example.org;Database=posthorn;Username=posthorn");
            }

            // Nothing is set on a connection that must be reset, and a reset would cost a statement for each use.
            settings.NoResetOnClose = true;
            settings.ApplicationName ??= "posthorn";
            settings.MaxAutoPrepare = settings.ShouldSerialize("Max Auto Prepare") ? settings.MaxAutoPrepare : MaxAutoPrepare;
            settings.AutoPrepareMinUsages = 2;
            settings.MaxPoolSize = settings.ShouldSerialize("Maximum Pool Size") ? settings.MaxPoolSize : DefaultMaxPoolSize;
            settings.IncludeErrorDetail = false;
            settings.PersistSecurityInfo = false;
            NpgsqlDataSource source = NpgsqlDataSource.Create(settings);
            (settings.Pooling, settings.KeepAlive) = (false, KeepAliveSeconds);
            return new PostgresConnections(source, settings.ConnectionString);
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or InvalidOperationException)
        {
            // Not the text itself: it may hold a password.
            throw new StoreOpeningException("The connection string of the store cannot be read. Example: Host=db.example.org;Database=posthorn;Username=posthorn", failure);
        }
    }

    /// <exception cref="NpgsqlException">No connection can be had.</exception>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancel) => _source.OpenConnectionAsync(cancel);

    /// <exception cref="StoreUnavailableException">No connection can be had.</exception>
    public async ValueTask<NpgsqlConnection> OpenOrUnavailableAsync(CancellationToken cancel)
    {
        try
        {
            return await OpenAsync(cancel);
        }
        catch (NpgsqlException fault)
        {
            throw PostgresFault.ToUnavailable(fault);
        }
    }

    /// <summary>A connection outside the pool, for one who listens: it keeps its state, and notices when the other side is gone.</summary>
    /// <exception cref="NpgsqlException">No connection can be had.</exception>
    public ValueTask<NpgsqlConnection> OpenAloneAsync(CancellationToken cancel) => OpenAloneAsync(_alone, cancel);

    /// <summary>A connection outside the pool whose statements may take as long as they need.</summary>
    /// <exception cref="NpgsqlException">No connection can be had.</exception>
    public ValueTask<NpgsqlConnection> OpenForCopyAsync(CancellationToken cancel) =>
        OpenAloneAsync(new NpgsqlConnectionStringBuilder(_alone) { CommandTimeout = 0, MaxAutoPrepare = 0 }.ConnectionString, cancel);

    private static async ValueTask<NpgsqlConnection> OpenAloneAsync(string connectionString, CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(connectionString);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>After a connection broke: those that wait in the pool are likely broken too.</summary>
    public void Clear() => _source.Clear();

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>Why the store could not be opened, and what to do.</summary>
    public static StoreOpeningException ToOpening(NpgsqlException fault) => new(fault is PostgresException error ? error.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"The database refuses the sign-in: {error.MessageText}. Check Username and Password in the connection string, and pg_hba.conf.",
        PostgresErrorCodes.InvalidCatalogName => $"{Sentence(error)} Create it: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.",
        // No schema to create in: the user may see none.
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName =>
            $"The database user lacks a right: {error.MessageText}. Make the user owner of the database: ALTER DATABASE ... OWNER TO ...",
        PostgresErrorCodes.CannotConnectNow => $"The database is not ready: {error.MessageText}. Try again in a moment.",
        PostgresErrorCodes.TooManyConnections => $"{Sentence(error)} Raise max_connections, or lower Maximum Pool Size in the connection string.",
        _ => $"The database cannot be used: {PostgresFault.Reason(error)}.",
    }
    : $"The database cannot be reached: {fault.InnerException?.Message ?? fault.Message}. Check Host and Port in the connection string, and that PostgreSQL runs.", fault);

    private static string Sentence(PostgresException error) => char.ToUpperInvariant(error.MessageText[0]) + error.MessageText[1..] + ".";
}
