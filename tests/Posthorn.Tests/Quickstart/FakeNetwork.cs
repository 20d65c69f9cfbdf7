using System.Net;
using Posthorn.Quickstart;

namespace Posthorn.Tests.Quickstart;

/// <summary>A machine as a test wants it.</summary>
internal sealed class FakeNetwork : IHostNetwork
{
    public string HostName { get; init; } = "mail";

    public IReadOnlyList<IPAddress> Own { get; init; } = [IPAddress.Parse("192.0.2.10")];

    public IReadOnlyDictionary<int, PortProblem> Problems { get; init; } = new Dictionary<int, PortProblem>();

    public bool CanConnect { get; init; } = true;

    public IReadOnlyList<IPAddress> Addresses() => Own;

    public PortProblem TryListen(int port) => Problems.GetValueOrDefault(port);

    public ValueTask<bool> TryConnectAsync(IPEndPoint server, TimeSpan limit, CancellationToken cancel) => ValueTask.FromResult(CanConnect);
}
