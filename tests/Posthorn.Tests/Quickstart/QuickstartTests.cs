using Microsoft.Extensions.DependencyInjection;
using Posthorn.Commands;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Core.Accounts;
using Posthorn.Hosting;
using Posthorn.Quickstart;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Quickstart;

/// <summary>Quickstart from nothing to a folder that serves, on a host where no check succeeds.</summary>
public sealed class QuickstartTests : IDisposable
{
    private const string Password = "a long enough password";

    private readonly string _parent = Directory.CreateTempSubdirectory("posthorn-quickstart-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_parent, "posthorn");

    [Fact]
    public async Task A_host_is_set_up_in_spite_of_warnings_and_its_folder_opens_with_account_domain_and_keys()
    {
        Assert.Equal(0, await RunAsync("you@example.org"));
        PosthornOptions options = ConfigurationFile.Read(Path.Combine(Folder, ConfigurationFile.DefaultName));
        Assert.Equal("mail.example.org", options.HostName);
        Assert.Equal(ConfigurationText.Ports, new ListenerOptions?[]
        {
            options.Listeners.Smtp,
            options.Listeners.Submission,
            options.Listeners.Submissions,
            options.Listeners.Imap,
            options.Listeners.Imaps,
            options.Listeners.Pop3,
            options.Listeners.Pop3s,
            options.Listeners.Web,
        }.Select(listener => listener!.Port));
        await using ServiceProvider services = StoreHost.Build(options);
        Domain? domain = await services.GetRequiredService<Domains>().FindAsync("example.org", Cancel);
        Assert.Equal(["ed25519-sha256", "rsa-sha256"], domain!.Keys.Select(key => key.Algorithm).Order(StringComparer.Ordinal));
        SignIn signIn = await services.GetRequiredService<Credentials>().CheckPasswordAsync("you@example.org", Password, "imap", null, Cancel);
        Assert.True(Assert.IsType<SignIn.Accepted>(signIn).Account.IsAdministrator);
    }

    [Fact]
    public async Task The_zone_file_can_be_read_and_holds_what_mail_needs()
    {
        await RunAsync("you@example.org");
        ZoneTextResolver zone = ZoneTextResolver.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, HostSetUp.ZoneFileName), Cancel));
        Assert.Equal("mail.example.org", Assert.Single((await zone.MxAsync("example.org", Cancel)).Records).Exchange);
        Assert.Equal(["v=spf1 mx -all"], (await zone.TextAsync("example.org", Cancel)).Records);
        Assert.Single((await zone.Ipv4Async("mail.example.org", Cancel)).Records);
    }

    /// <summary>The DNS and the store hold A-labels, whatever was typed.</summary>
    [Fact]
    public async Task A_domain_with_other_letters_is_set_up_as_the_dns_has_it()
    {
        Assert.Equal(0, await RunAsync("you@bücher.example"));
        PosthornOptions options = ConfigurationFile.Read(Path.Combine(Folder, ConfigurationFile.DefaultName));
        Assert.Equal("mail.xn--bcher-kva.example", options.HostName);
        string zone = await File.ReadAllTextAsync(Path.Combine(Folder, HostSetUp.ZoneFileName), Cancel);
        Assert.True(System.Text.Ascii.IsValid(zone), zone);
        Assert.Equal("mail.xn--bcher-kva.example", Assert.Single((await ZoneTextResolver.Parse(zone).MxAsync("xn--bcher-kva.example", Cancel)).Records).Exchange);
        await using ServiceProvider services = StoreHost.Build(options);
        Assert.IsType<SignIn.Accepted>(await services.GetRequiredService<Credentials>().CheckPasswordAsync("you@xn--bcher-kva.example", Password, "imap", null, Cancel));
    }

    [Fact]
    public async Task The_unit_starts_this_program_with_the_configuration_as_a_user_without_rights()
    {
        await RunAsync("you@example.org");
        string unit = await File.ReadAllTextAsync(Path.Combine(Folder, SystemdUnit.FileName), Cancel);
        Assert.Contains($"serve --config \"{Path.Combine(Folder, ConfigurationFile.DefaultName)}\"\n", unit, StringComparison.Ordinal);
        Assert.Contains("User=posthorn\n", unit, StringComparison.Ordinal);
        Assert.Contains("CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n", unit, StringComparison.Ordinal);
    }

    /// <summary>The service's user may read neither what root made nor where certbot keeps keys.</summary>
    [Fact]
    public void The_steps_give_the_services_user_what_it_must_read()
    {
        string steps = QuickstartCommand.Steps(new QuickstartCommand.Wishes("you@example.org", null, "/srv/posthorn", Yes: true, PasswordFromStdin: false), "mail.example.org", ["zone"]);
        string[] order =
        [
            "useradd --system", "chown -R posthorn: '/srv/posthorn'", "install -m 644 '/srv/posthorn/posthorn.service' /etc/systemd/system/",
            "--deploy-hook \"install -o posthorn -g posthorn -m 600 /etc/letsencrypt/live/mail.example.org/fullchain.pem /etc/letsencrypt/live/mail.example.org/privkey.pem '/srv/posthorn'\"",
            "\"certificate\": \"fullchain.pem\"", "systemctl daemon-reload", "runuser -u posthorn -- posthorn status --config '/srv/posthorn/posthorn.json'",
        ];
        int[] places = [.. order.Select(line => steps.IndexOf(line, StringComparison.Ordinal))];
        Assert.All(places, place => Assert.True(place >= 0, steps));
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public async Task A_second_run_changes_nothing_and_says_how_to_start()
    {
        await RunAsync("you@example.org");
        string before = await File.ReadAllTextAsync(Path.Combine(Folder, ConfigurationFile.DefaultName), Cancel);
        var refused = await Assert.ThrowsAsync<OperationRefusedException>(() => RunAsync("other@example.net"));
        Assert.Contains("is set up already. Start it with: posthorn serve --config", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(Folder, ConfigurationFile.DefaultName), Cancel));
    }

    [Theory]
    [InlineData("no-address", Password, "is not an address")]
    [InlineData("you@bad_domain..org", Password, "is not an address")]
    [InlineData("you@example.org", "", "password")]
    public async Task What_cannot_be_set_up_leaves_nothing_behind(string address, string password, string says)
    {
        var refused = await Assert.ThrowsAsync<OperationRefusedException>(() => RunAsync(address, password));
        Assert.Contains(says, refused.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_parent));
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    /// <summary>No name server, no free port, no way out: warnings only.</summary>
    private Task<int> RunAsync(string address, string password = Password) => QuickstartCommand.RunAsync(
        new QuickstartCommand.Wishes(address, null, Folder, Yes: true, PasswordFromStdin: false),
        () => password,
        ZoneTextResolver.Parse(""),
        new FakeNetwork { CanConnect = false, Problems = ConfigurationText.Ports.ToDictionary(port => port, _ => PortProblem.InUse) },
        Cancel);
}
