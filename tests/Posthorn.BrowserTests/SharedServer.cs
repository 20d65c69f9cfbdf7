using Posthorn.ProtocolTests;

[assembly: AssemblyFixture(typeof(Posthorn.BrowserTests.SharedServer))]

namespace Posthorn.BrowserTests;

/// <summary>One server for all tests that leave each other alone: each has an account of its own on it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private TestServer? _server;

    public TestServer Server => _server ?? throw new InvalidOperationException("The server is not started.");

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}
