using Microsoft.Extensions.Hosting;
using Posthorn.Core.Storage.Postgres;

namespace Posthorn.Core.Storage;

/// <summary>While a server runs, it hears what other nodes of its store change. The embedded store has one node.</summary>
public sealed class NodeNews : BackgroundService
{
    private readonly IStore _store;

    internal NodeNews(IStore store) => _store = store;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        _store is PostgresStore store ? store.Bus.ListenAsync(stoppingToken) : Task.CompletedTask;
}
