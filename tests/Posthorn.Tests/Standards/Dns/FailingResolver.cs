using System.Net;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Standards.Dns;

/// <summary>Counts the questions, and answers those that a rule picks with a temporary failure.</summary>
internal sealed class FailingResolver(IDnsResolver inner, Func<string, bool> fails) : IDnsResolver
{
    private int _questions;

    public int Questions => Volatile.Read(ref _questions);

    public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancel) => Ask(name, () => inner.MxAsync(name, cancel));

    public ValueTask<DnsAnswer<IPAddress>> Ipv4Async(string name, CancellationToken cancel) => Ask(name, () => inner.Ipv4Async(name, cancel));

    public ValueTask<DnsAnswer<IPAddress>> Ipv6Async(string name, CancellationToken cancel) => Ask(name, () => inner.Ipv6Async(name, cancel));

    public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) => Ask(name, () => inner.TextAsync(name, cancel));

    public ValueTask<DnsAnswer<SrvRecord>> ServiceAsync(string name, CancellationToken cancel) => Ask(name, () => inner.ServiceAsync(name, cancel));

    public ValueTask<DnsAnswer<string>> PointerAsync(IPAddress address, CancellationToken cancel) =>
        Ask(DnsName.Reverse(address), () => inner.PointerAsync(address, cancel));

    private ValueTask<DnsAnswer<T>> Ask<T>(string name, Func<ValueTask<DnsAnswer<T>>> ask)
    {
        Interlocked.Increment(ref _questions);
        return fails(name) ? ValueTask.FromResult(DnsAnswer<T>.None(DnsStatus.TemporaryFailure)) : ask();
    }
}
