using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Maintenance;

namespace Posthorn.ProtocolTests.Web;

/// <summary>How much room everything takes, in Core and on the page.</summary>
public sealed class AdminStorageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Small_bodies_are_counted_in_the_database_and_large_ones_beside_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        var measure = server.Services.GetRequiredService<StoreMeasure>();
        StoreSizes empty = (await measure.MeasureAsync(TestServer.Administrator, Cancel)).Value;
        await MailFixture.DeliverAsync(server, "Subject: small\n\nx\n");
        await MailFixture.DeliverAsync(server, "Subject: large\n\n" + Noise(200_000));
        StoreSizes full = (await measure.MeasureAsync(TestServer.Administrator, Cancel)).Value;
        Assert.Equal((1L, 1L), (full.Inside.Count - empty.Inside.Count, full.Outside.Count - empty.Outside.Count));
        Assert.InRange(full.Outside.Octets - empty.Outside.Octets, 200_000, 210_000);
        Assert.True(full.DatabaseBytes > 0);
        Assert.IsType<Refusal.Denied>((await measure.MeasureAsync(new Actor(new AccountId(2), "test", "1", null), Cancel)).Refusal);
    }

    [Fact]
    public async Task The_page_has_the_largest_account_first()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, "Subject: large\n\n" + Noise(200_000));
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer page = await client.GetAsync("/admin/storage");
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Matches(new Regex("<strong>[1-9][0-9.]* (KB|MB)</strong><span>Database</span>"), page.Text);
        Assert.True(
            page.Text.IndexOf($"/admin/accounts/{TestServer.You}\"", StringComparison.Ordinal) < page.Text.IndexOf($"/admin/accounts/{TestServer.Friend}\"", StringComparison.Ordinal),
            page.Text);
    }

    /// <summary>Text that no compression makes small, always the same.</summary>
    private static string Noise(int octets)
    {
        var random = new Random(7);
        return string.Create(octets, random, static (text, source) =>
        {
            for (int at = 0; at < text.Length; at++)
            {
                text[at] = at % 70 == 69 ? '\n' : (char)source.Next('!', '~');
            }
        });
    }
}
