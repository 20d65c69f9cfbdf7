using Microsoft.Extensions.Hosting;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage.Postgres;

namespace Posthorn.Core.Storage;

/// <summary>While a server runs, it hears what other nodes of its store change, and says that it lives and which mail sessions it has. The embedded store has one node.</summary>
public sealed class NodeNews : BackgroundService
{
    private readonly IStore _store;
    private readonly SignedInSessions _sessions;
    private readonly Node _node;

    internal NodeNews(IStore store, SignedInSessions sessions, Node node) => (_store, _sessions, _node) = (store, sessions, node);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _store is PostgresStore store
        ? Task.WhenAll(
            store.Bus.ListenAsync(stoppingToken), _sessions.WatchAsync(stoppingToken), store.Nodes.BeatAsync(_node.Name, stoppingToken),
            store.Sessions.KeepAsync(_node.Name, _sessions, stoppingToken))
        : Task.CompletedTask;
}
