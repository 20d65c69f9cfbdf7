using System.Net;
using Posthorn.Standards.Dns;

namespace Posthorn.Server.Delivery.Checks;

/// <summary>Asks another resolver until the limit has passed. A question that is open then, or comes later, is a temporary failure.</summary>
internal sealed class LimitedResolver(IDnsResolver resolver, CancellationToken limit) : IDnsResolver
{
    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancel) => AskAsync(either => resolver.MxAsync(name, either), cancel);

    public ValueTask<DnsAnswer<IPAddress>> Ipv4Async(string name, CancellationToken cancel) => AskAsync(either => resolver.Ipv4Async(name, either), cancel);

    public ValueTask<DnsAnswer<IPAddress>> Ipv6Async(string name, CancellationToken cancel) => AskAsync(either => resolver.Ipv6Async(name, either), cancel);

    public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) => AskAsync(either => resolver.TextAsync(name, either), cancel);

    public ValueTask<DnsAnswer<SrvRecord>> ServiceAsync(string name, CancellationToken cancel) => AskAsync(either => resolver.ServiceAsync(name, either), cancel);

    public ValueTask<DnsAnswer<string>> PointerAsync(IPAddress address, CancellationToken cancel) => AskAsync(either => resolver.PointerAsync(address, either), cancel);

    private async ValueTask<DnsAnswer<T>> AskAsync<T>(Func<CancellationToken, ValueTask<DnsAnswer<T>>> ask, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit, cancel);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return DnsAnswer<T>.None(DnsStatus.TemporaryFailure);
        }
    }
}
