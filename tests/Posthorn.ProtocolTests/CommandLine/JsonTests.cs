using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.CommandLine;

/// <summary>What a script reads: JSON alone on standard output, whether a server runs or not.</summary>
public sealed class JsonTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_command_that_a_script_would_read_writes_json_alone()
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: true);
        using JsonDocument accounts = await JsonAsync(store, "account", "list");
        Assert.Equal(AdministeredStore.Address, accounts.RootElement[0].GetProperty("address").GetString());
        using JsonDocument status = await JsonAsync(store, "status");
        Assert.Equal(Environment.ProcessId, status.RootElement.GetProperty("processId").GetInt32());
        using JsonDocument zone = await JsonAsync(store, "domain", "dns", "example.test");
        Assert.Contains(zone.RootElement.GetProperty("zone").EnumerateArray(), static line => line.GetString()!.StartsWith("example.test. MX ", StringComparison.Ordinal));
        using JsonDocument check = await JsonAsync(store, "check");
        Assert.Empty(check.RootElement.GetProperty("findings").EnumerateArray());
    }

    [Fact]
    public async Task A_backup_its_proof_its_restore_and_the_upgrade_do_too()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "Restored into a folder.");
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        string backup = store.PathOf("backup");
        using JsonDocument taken = await JsonAsync(store, "backup", backup);
        Assert.Equal(backup, taken.RootElement.GetProperty("folder").GetString());
        using JsonDocument proof = await JsonAsync(store, "restore", "--verify", backup);
        Assert.Empty(proof.RootElement.GetProperty("problems").EnumerateArray());
        Directory.Move(store.Options.DataFolder, store.PathOf("old"));
        using JsonDocument restored = await JsonAsync(store, "restore", backup);
        Assert.Equal(backup, restored.RootElement.GetProperty("folder").GetString());
        using JsonDocument upgrade = await JsonAsync(store, "upgrade", "--dry-run");
        Assert.False(upgrade.RootElement.GetProperty("isNeeded").GetBoolean());
        await File.WriteAllTextAsync(Path.Combine(backup, "posthorn.db"), "This is no database.", Cancel);
        (int status, string output, _) = await store.ProgramAsync("restore", "--verify", backup, "--json");
        Assert.Equal(1, status);
        using JsonDocument damaged = JsonDocument.Parse(output);
        Assert.NotEmpty(damaged.RootElement.GetProperty("problems").EnumerateArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_records_of_a_domain_are_the_same_with_a_server_and_without(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        IReadOnlyList<string> zone = (await store.RunAsync(DomainOperations.Dns, new DomainRequest("example.test"))).Zone;
        Assert.Contains(zone, static line => line.Contains(" TXT \"v=spf1 mx -all\"", StringComparison.Ordinal));
        Assert.Contains(zone, static line => line.StartsWith("_dmarc.example.test. TXT ", StringComparison.Ordinal));
        Assert.Contains("There is no domain", await store.RefusalAsync(DomainOperations.Dns, new DomainRequest("elsewhere.test")), StringComparison.Ordinal);
    }

    private static async Task<JsonDocument> JsonAsync(AdministeredStore store, params string[] command)
    {
        (int status, string output, string error) = await store.ProgramAsync([.. command, "--json"]);
        Assert.True(status == 0, error);
        return JsonDocument.Parse(output);
    }
}
