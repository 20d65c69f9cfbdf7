using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dns;

namespace Posthorn.Web.Mail.Reading;

/// <summary>Leaves a list by one request, for a reader who pressed the button.</summary>
/// <remarks>
/// RFC 8058 §3.2 and §4. The message must carry a signature that passes and covers both fields: else anybody could make this server send requests. The request goes to
/// https alone, to port 443 of a public address, that is looked up here and connected to as it was looked up; it follows nothing, carries nothing of the reader, and ends soon.
/// </remarks>
internal sealed partial class Unsubscribing(IDnsResolver resolver, TimeProvider time, ILogger<Unsubscribing> log)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    private static readonly string[] Covered = ["list-unsubscribe", "list-unsubscribe-post"];

    /// <summary>Another way to send the request, for tests: a real one goes to public addresses alone.</summary>
    internal Func<Uri, CancellationToken, Task<bool>>? Post { private get; init; }

    /// <summary>False: the message does not prove who asks for it, or the list did not take it.</summary>
    public async Task<bool> AskAsync(MessageContent content, CancellationToken cancel)
    {
        Uri? address;
        using (MimeMessage message = await ShownMessage.LoadAsync(content, cancel))
        {
            address = UnsubscribeWays.Of(message)?.OneClick;
        }

        if (address is not { Scheme: "https", Port: 443, UserInfo: "" } || !await IsSignedAsync(content, cancel))
        {
            return false;
        }

        using var limit = new CancellationTokenSource(TimeLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            return await (Post ?? PostAsync)(address, either.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            LogFailed(address.Host, failure.Message);
            return false;
        }
    }

    /// <summary>A signature of the message passes and covers what it says about leaving (RFC 8058 §4).</summary>
    private async Task<bool> IsSignedAsync(MessageContent content, CancellationToken cancel)
    {
        byte[] header = await HeaderAsync(content, cancel);
        IReadOnlyList<DkimSignatureOutcome> outcomes = await new DkimVerifier(resolver, time).VerifyAsync(header, cut => BodyAsync(content, header.Length, cut), cancel);
        return outcomes.Any(outcome => outcome is { Result: DkimResult.Pass, Testing: false } && DkimCoverage.Covers(header, outcome, Covered));
    }

    private async Task<bool> PostAsync(Uri address, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = ConnectAsync,
        };
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new StringContent("List-Unsubscribe=One-Click", Encoding.ASCII, "application/x-www-form-urlencoded"),
        };
        // The answer's text says nothing that matters; its status does.
        using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        return answer.IsSuccessStatusCode;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] found = IPAddress.TryParse(host.Host, out IPAddress? literal)
            ? [literal]
            : [.. (await resolver.Ipv4Async(host.Host, cancel)).Records, .. (await resolver.Ipv6Async(host.Host, cancel)).Records];
        IPAddress target = found.FirstOrDefault(PublicAddress.Is) ?? throw new HttpRequestException("The host has no public address.");
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, host.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The octets up to and with the empty line.</summary>
    private static async Task<byte[]> HeaderAsync(MessageContent content, CancellationToken cancel)
    {
        await using Stream octets = content.OpenRead();
        var buffer = new byte[MaxHeader];
        int length = await octets.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        int end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        return buffer[..(end < 0 ? length : end + 4)];
    }

    private static async ValueTask<Stream> BodyAsync(MessageContent content, int header, CancellationToken cancel)
    {
        Stream octets = content.OpenRead();
        var skipped = new byte[header];
        await octets.ReadExactlyAsync(skipped, cancel);
        return octets;
    }

    /// <summary>Octets of a header that are read.</summary>
    private const int MaxHeader = 256 * 1024;

    [LoggerMessage(Level = LogLevel.Information, Message = "Leaving a list at {Host} did not work: {Reason}")]
    private partial void LogFailed(string host, string reason);
}
