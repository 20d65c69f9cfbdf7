using System.Net;
using Posthorn.Quickstart;
using Posthorn.Standards.Dns;
using Posthorn.Tests.Standards.Dns;

namespace Posthorn.Tests.Quickstart;

/// <summary>What quickstart finds, and what it says to do about it.</summary>
public sealed class HostChecksTests
{
    private const string GoodZone = """
        example.org. MX 10 mail.example.org.
        mail.example.org. A 192.0.2.10
        10.2.0.192.in-addr.arpa. PTR mail.example.org.
        gmail.com. MX 5 mx.gmail.com.
        mx.gmail.com. A 198.51.100.1
        """;

    [Fact]
    public async Task A_host_that_is_ready_has_no_warning()
    {
        Assert.All(await RunAsync(GoodZone, new FakeNetwork()), check => Assert.True(check.IsOk, check.Text));
    }

    [Theory]
    [InlineData("mail.example.org. A 192.0.2.10\n", "has no address in the DNS", "mail.example.org. A 192.0.2.10")]
    [InlineData("10.2.0.192.in-addr.arpa. PTR mail.example.org.\n", "points back to no name", "set its reverse DNS to mail.example.org")]
    [InlineData("example.org. MX 10 mail.example.org.\n", "there is no MX", "example.org. MX 10 mail.example.org.")]
    public async Task A_missing_record_is_named_with_what_to_add(string missing, string text, string todo)
    {
        HostCheck warning = Assert.Single(await RunAsync(GoodZone.Replace(missing, "", StringComparison.Ordinal), new FakeNetwork()), check => !check.IsOk);
        Assert.Contains(text, warning.Text, StringComparison.Ordinal);
        Assert.Contains(todo, warning.Todo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_name_servers_each_check_that_needs_them_says_what_to_do()
    {
        HostCheck[] warnings = [.. (await RunAsync(new FailingResolver(ZoneTextResolver.Parse(""), static _ => true), new FakeNetwork())).Where(check => !check.IsOk)];
        Assert.All(warnings, check => Assert.False(string.IsNullOrEmpty(check.Todo), check.Text));
        Assert.Contains("/etc/resolv.conf", Assert.Single(warnings, check => check.Text == "No name server answers.").Todo, StringComparison.Ordinal);
        Assert.Contains("nc -vz", Assert.Single(warnings, check => check.Text.StartsWith("Outgoing port 25 could not be tried", StringComparison.Ordinal)).Todo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blocked_port_25_points_to_a_smarthost()
    {
        HostCheck warning = Assert.Single(await RunAsync(GoodZone, new FakeNetwork { CanConnect = false }), check => !check.IsOk);
        Assert.Contains("Outgoing port 25", warning.Text, StringComparison.Ordinal);
        Assert.Contains("outbound.smarthost", warning.Todo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ports_in_use_and_not_permitted_are_told_apart()
    {
        var network = new FakeNetwork { Problems = new Dictionary<int, PortProblem> { [25] = PortProblem.InUse, [993] = PortProblem.NotPermitted } };
        HostCheck[] warnings = [.. (await RunAsync(GoodZone, network)).Where(check => !check.IsOk)];
        Assert.Equal(["Port 25 is in use.", "Port 993 may not be bound by this user."], warnings.Select(check => check.Text));
        Assert.All(warnings, check => Assert.NotNull(check.Todo));
    }

    [Fact]
    public async Task An_address_behind_translation_is_explained()
    {
        HostCheck warning = Assert.Single(await RunAsync(GoodZone, new FakeNetwork { Own = [IPAddress.Parse("10.0.0.5")] }), check => !check.IsOk);
        Assert.Contains("no address of this machine (10.0.0.5)", warning.Text, StringComparison.Ordinal);
        Assert.Contains("forward the ports", warning.Todo, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mx.example.org.", "host.example.org", "mx.example.org")]
    [InlineData(null, "host.example.org", "host.example.org")]
    [InlineData(null, "host", "mail.example.org")]
    public void The_host_name_is_the_one_asked_for_or_the_systems_if_it_is_a_full_one(string? asked, string system, string expected) =>
        Assert.Equal(expected, HostChecks.HostNameFor(asked, "example.org", new FakeNetwork { HostName = system }));

    [Fact]
    public void A_folder_above_that_others_may_not_enter_is_named_with_what_to_do()
    {
        const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;
        string home = Directory.CreateTempSubdirectory("posthorn-home-").FullName;
        try
        {
            string folder = Path.Combine(home, "mail", "posthorn");
            string program = Path.Combine(Directory.CreateDirectory(Path.Combine(home, "bin")).FullName, "posthorn");
            File.SetUnixFileMode(Path.Combine(home, "bin"), Passable);
            HostCheck[] closed = [.. HostChecks.Ways(folder, ["/usr/bin/env", program])];
            Assert.All(closed, check => Assert.False(check.IsOk, check.Text));
            Assert.EndsWith($"others may not enter {home}, {Path.Combine(home, "mail")}.", closed[0].Text, StringComparison.Ordinal);
            Assert.Contains("--folder /srv/posthorn", closed[0].Todo, StringComparison.Ordinal);
            Assert.EndsWith($"others may not enter {home}.", closed[1].Text, StringComparison.Ordinal);
            Assert.EndsWith($"chmod o+x '{home}'", closed[1].Todo, StringComparison.Ordinal);

            Directory.CreateDirectory(Path.Combine(home, "mail"));
            File.SetUnixFileMode(Path.Combine(home, "mail"), Passable);
            File.SetUnixFileMode(home, Passable);
            Assert.All(HostChecks.Ways(folder, ["/usr/bin/env", program]), check => Assert.True(check.IsOk, check.Text));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static Task<IReadOnlyList<HostCheck>> RunAsync(string zone, FakeNetwork network) => RunAsync(ZoneTextResolver.Parse(zone), network);

    private static async Task<IReadOnlyList<HostCheck>> RunAsync(IDnsResolver dns, FakeNetwork network)
    {
        var checks = new List<HostCheck>();
        await foreach (HostCheck check in new HostChecks(dns, network).RunAsync("example.org", "mail.example.org", ConfigurationText.Ports, TestContext.Current.CancellationToken))
        {
            checks.Add(check);
        }

        return checks;
    }
}
