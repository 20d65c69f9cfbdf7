using System.Net;
using Posthorn.Server.Connections;

namespace Posthorn.Tests.Server.Connections;

public sealed class ConnectionCountsTests
{
    [Fact]
    public void The_total_is_limited_over_all_addresses()
    {
        var counts = new ConnectionCounts(max: 2, maxPerAddress: 2);
        Assert.True(counts.TryEnter(IPAddress.Parse("192.0.2.1")));
        Assert.True(counts.TryEnter(IPAddress.Parse("192.0.2.2")));
        Assert.False(counts.TryEnter(IPAddress.Parse("192.0.2.3")));
        counts.Leave(IPAddress.Parse("192.0.2.1"));
        Assert.True(counts.TryEnter(IPAddress.Parse("192.0.2.3")));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", false)]
    [InlineData("192.0.2.1", "192.0.2.2", true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", true)]
    public void An_address_is_one_IPv4_or_one_IPv6_network(string first, string second, bool admitted)
    {
        var counts = new ConnectionCounts(max: 10, maxPerAddress: 1);
        Assert.True(counts.TryEnter(IPAddress.Parse(first)));
        Assert.Equal(admitted, counts.TryEnter(IPAddress.Parse(second)));
    }
}
