using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Drives Thunderbird from inside: runs JavaScript where its own windows run theirs.</summary>
/// <remarks>Mozilla's Marionette protocol 3: each message is its length in decimal, a colon, and JSON; a command [0, id, name, parameters] is answered by [1, id, error, result].</remarks>
internal sealed class Marionette : IAsyncDisposable
{
    /// <summary>Milliseconds: a slow machine takes many of them for a search of settings.</summary>
    private const int ScriptTimeout = 120_000;

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private int _id;

    private Marionette(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public static async Task<Marionette> ConnectAsync(int port, CancellationToken cancel)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, cancel);
            var marionette = new Marionette(client);
            (await marionette.ReadAsync(cancel)).Dispose();
            await marionette.CommandAsync("WebDriver:NewSession", new { }, cancel);
            await marionette.CommandAsync("WebDriver:SetTimeouts", new { script = ScriptTimeout }, cancel);
            await marionette.CommandAsync("Marionette:SetContext", new { value = "chrome" }, cancel);
            return marionette;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Runs the body of an asynchronous function; its arguments are in <c>args</c>. What it throws is thrown here.</summary>
    public async Task<JsonElement> RunAsync(string body, CancellationToken cancel, params object[] args)
    {
        string script = $$"""
            const done = arguments[arguments.length - 1], args = arguments;
            (async () => { {{body}} })().then(value => done({ value: value === undefined ? null : value }), error => done({ error: String(error) + "\n" + error.stack }));
            """;
        JsonElement outcome = (await CommandAsync("WebDriver:ExecuteAsyncScript", new { script, args }, cancel)).GetProperty("value");
        return outcome.TryGetProperty("error", out JsonElement error) ? throw new InvalidOperationException(error.GetString()) : outcome.GetProperty("value");
    }

    private async Task<JsonElement> CommandAsync(string name, object parameters, CancellationToken cancel)
    {
        byte[] message = JsonSerializer.SerializeToUtf8Bytes(new object[] { 0, ++_id, name, parameters });
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message.Length}:")), cancel);
        await _stream.WriteAsync(message, cancel);
        using JsonDocument answer = await ReadAsync(cancel);
        return answer.RootElement[2].ValueKind == JsonValueKind.Null
            ? answer.RootElement[3].Clone()
            : throw new InvalidOperationException($"{name}: {answer.RootElement[2].GetRawText()}");
    }

    private async Task<JsonDocument> ReadAsync(CancellationToken cancel)
    {
        int length = 0;
        byte[] one = new byte[1];
        while (true)
        {
            await _stream.ReadExactlyAsync(one, cancel);
            if (one[0] == (byte)':')
            {
                break;
            }

            length = (length * 10) + one[0] - '0';
        }

        byte[] message = new byte[length];
        await _stream.ReadExactlyAsync(message, cancel);
        return JsonDocument.Parse(message);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
    }
}
