using System.Globalization;
using System.Text;

namespace Posthorn.ProtocolTests.Dialogs;

/// <summary>Plays dialogs against a server. A connection that was not opened by name is opened to the default listener when it is first used.</summary>
/// <remarks>
/// Directives: <c>@connect LISTENER</c>; <c>@tls</c>, the client's handshake after STARTTLS; <c>@closed</c>, the server closes; <c>@close</c>, the client
/// does; <c>@include NAME</c>; <c>@advance 00:30:00</c>, moves the clock once the server waits for exactly that long;
/// <c>@repeat 3 text</c>, says the text that often and then a line end. A digit after the word names the connection: <c>@close2</c>.
/// </remarks>
internal sealed class DialogRunner(ServerFixture server, string listener) : IAsyncDisposable
{
    // A dialog that hangs fails by this, in real time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<int, DialogClient> _clients = [];
    private readonly Dictionary<string, string> _kept = [];
    private DialogPattern? _pattern;

    private DialogPattern Pattern => _pattern ??= new DialogPattern(_kept);

    public static async Task PlayAsync(ServerFixture server, string listener, string path)
    {
        await using var runner = new DialogRunner(server, listener);
        await runner.RunAsync(path);
    }

    public async Task RunAsync(string path)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        IReadOnlyList<DialogLine> lines = Dialog.Read(path);
        for (int i = 0; i < lines.Count; i++)
        {
            DialogLine line = lines[i];
            try
            {
                if (line.Step == DialogStep.ExpectAnyOrder)
                {
                    DialogLine[] group = [.. lines.Skip(i).TakeWhile(next => next.Step == DialogStep.ExpectAnyOrder && next.Client == line.Client)];
                    await ExpectAnyOrderAsync(group, patience.Token);
                    i += group.Length - 1;
                }
                else
                {
                    await StepAsync(line, path, patience.Token);
                }
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                Fail(path, line, "nothing came");
            }
            catch (DialogMismatchException mismatch)
            {
                Fail(path, line, mismatch.Message);
            }
        }
    }

    private async Task StepAsync(DialogLine line, string path, CancellationToken cancel)
    {
        if (line.Step == DialogStep.Direct)
        {
            await DirectAsync(line, path, cancel);
            return;
        }

        DialogClient client = await ClientAsync(line.Client, cancel);
        switch (line.Step)
        {
            case DialogStep.Say:
                await client.SayAsync(Encoding.UTF8.GetBytes(Pattern.Fill(line.Text) + "\r\n"), cancel);
                break;
            case DialogStep.SayRaw:
                await client.SayAsync(Unescape(Pattern.Fill(line.Text)), cancel);
                break;
            case DialogStep.SkipTo:
                while (!Pattern.Matches(line.Text, await HearAsync(client, cancel)))
                {
                }

                break;
            default:
                string heard = await HearAsync(client, cancel);
                if (!Pattern.Matches(line.Text, heard))
                {
                    throw new DialogMismatchException($"heard: {heard}");
                }

                break;
        }
    }

    private async Task ExpectAnyOrderAsync(DialogLine[] group, CancellationToken cancel)
    {
        DialogClient client = await ClientAsync(group[0].Client, cancel);
        var open = group.ToList();
        while (open.Count > 0)
        {
            string heard = await HearAsync(client, cancel);
            DialogLine met = open.Find(line => Pattern.Matches(line.Text, heard)) ?? throw new DialogMismatchException($"heard: {heard}");
            open.Remove(met);
        }
    }

    private async Task DirectAsync(DialogLine line, string path, CancellationToken cancel)
    {
        string[] words = line.Text.Split(' ', 2);
        string argument = words.Length > 1 ? words[1] : "";
        switch (words[0])
        {
            case "@connect":
                _clients[line.Client] = await OpenAsync(argument, cancel);
                break;
            case "@tls":
                await (await ClientAsync(line.Client, cancel)).StartTlsAsync(server, cancel);
                break;
            case "@closed":
                string? heard = await (await ClientAsync(line.Client, cancel)).LineAsync(cancel);
                if (heard is not null)
                {
                    throw new DialogMismatchException($"still open, heard: {heard}");
                }

                break;
            case "@close":
                await (await ClientAsync(line.Client, cancel)).DisposeAsync();
                _clients.Remove(line.Client);
                break;
            case "@include":
                await RunAsync(Path.Combine(Path.GetDirectoryName(path)!, argument + ".dialog"));
                break;
            case "@advance":
                var time = TimeSpan.Parse(argument, CultureInfo.InvariantCulture);
                await server.Time.ArmedAsync(time);
                server.Time.Advance(time);
                break;
            case "@repeat":
                string[] parts = argument.Split(' ', 2);
                string text = string.Concat(Enumerable.Repeat(parts[1], int.Parse(parts[0], CultureInfo.InvariantCulture)));
                await (await ClientAsync(line.Client, cancel)).SayAsync(Encoding.UTF8.GetBytes(text + "\r\n"), cancel);
                break;
            default:
                throw new DialogMismatchException("no such directive");
        }
    }

    private async Task<DialogClient> ClientAsync(int number, CancellationToken cancel)
    {
        if (!_clients.TryGetValue(number, out DialogClient? client))
        {
            client = await OpenAsync(listener, cancel);
            _clients.Add(number, client);
        }

        return client;
    }

    private async Task<DialogClient> OpenAsync(string name, CancellationToken cancel)
    {
        DialogClient client = await DialogClient.ConnectAsync(server.Listener(name).Endpoint, cancel);
        if (server.Listener(name).Options.ImplicitTls)
        {
            await client.StartTlsAsync(server, cancel);
        }

        return client;
    }

    private static async Task<string> HearAsync(DialogClient client, CancellationToken cancel) =>
        await client.LineAsync(cancel) ?? throw new DialogMismatchException("the server closed");

    private static byte[] Unescape(string text)
    {
        var octets = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                octets.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
                continue;
            }

            char escape = text[++i];
            octets.Add(escape switch
            {
                'r' => (byte)'\r',
                'n' => (byte)'\n',
                '0' => 0,
                '\\' => (byte)'\\',
                'x' => byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                _ => throw new FormatException($"\\{escape} is not known"),
            });
            i += escape == 'x' ? 2 : 0;
        }

        return [.. octets];
    }

    private void Fail(string path, DialogLine line, string what)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}:{line.Number}: {line.Text}");
        text.AppendLine(what);
        foreach ((int number, DialogClient client) in _clients)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"--- connection {number}");
            text.AppendJoin('\n', client.Transcript.TakeLast(40).Select(said => said.Length > 300 ? said[..300] + "..." : said));
            text.AppendLine();
        }

        Assert.Fail(text.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DialogClient client in _clients.Values)
        {
            await client.DisposeAsync();
        }
    }
}

/// <summary>The server said something else.</summary>
internal sealed class DialogMismatchException(string message) : Exception(message);
