using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Administration;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.CommandLine;

public sealed class MaintenanceTests
{
    private static readonly byte[] Large = Encoding.ASCII.GetBytes("Subject: large\r\n\r\n" + new string('x', MessageWriter.InlineBytes) + "\r\n");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Check_of_a_sound_store_finds_nothing_and_of_a_missing_body_names_it(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await AddLargeAsync(store);
        CheckReport sound = await store.RunAsync(MaintenanceOperations.Check, new CheckRequest());
        Assert.Empty(sound.Findings);
        Assert.Contains(store.Progress, step => step.Done == 1);

        File.Delete(TestDatabase.BodyFiles(store.Options.DataFolder).Single());
        CheckReport broken = await store.RunAsync(MaintenanceOperations.Check, new CheckRequest(Repair: true));
        Assert.Equal(1, broken.Unrepaired);
        Assert.Contains("is missing", Assert.Single(broken.Findings).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Backup_writes_a_folder_that_verifies_and_refuses_one_with_something_else(bool withServer)
    {
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer);
        await AddLargeAsync(store);
        BackupResult report = await store.RunAsync(MaintenanceOperations.Backup, new BackupRequest(store.PathOf("backup")));
        Assert.Equal(1, report.Bodies);
        Assert.Empty(Core.Maintenance.Restore.Verify(report.Folder, new StepProgress(new Progress<WorkProgress>()), Cancel));

        string other = Directory.CreateDirectory(store.PathOf("other")).FullName;
        await File.WriteAllTextAsync(Path.Combine(other, "letter.txt"), "mine", Cancel);
        BackupResult again = await store.RunAsync(MaintenanceOperations.Backup, new BackupRequest(store.PathOf("backup")));
        Assert.Equal((0L, 1L), (again.BodiesCopied, again.Bodies));
        Assert.Contains("holds something else", await store.RefusalAsync(MaintenanceOperations.Backup, new BackupRequest(other)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_backs_up_restores_and_checks_with_its_exit_codes()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL has its own means");
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: false);
        await AddLargeAsync(store);
        string backup = store.PathOf("backup"), data = store.Options.DataFolder;
        Assert.Equal(0, (await store.ProgramAsync("backup", backup)).ExitCode);
        (int verified, string answer, _) = await store.ProgramAsync("restore", "--verify", backup);
        Assert.Equal(0, verified);
        Assert.Contains("can be restored whole", answer, StringComparison.Ordinal);

        (int refused, _, string error) = await store.ProgramAsync("restore", backup);
        Assert.Equal(1, refused);
        Assert.Contains("holds a store already", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);

        Directory.Move(data, store.PathOf("old"));
        Assert.Equal(0, (await store.ProgramAsync("restore", backup)).ExitCode);
        Assert.Equal(Large, Assert.Single(await store.MailAsync("INBOX")).Octets);

        File.Delete(TestDatabase.BodyFiles(data).Single());
        (int wrong, string findings, _) = await store.ProgramAsync("check");
        Assert.Equal(1, wrong);
        Assert.Contains("posthorn restore", findings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_while_a_server_runs_says_so_in_one_line()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL has its own means");
        await using AdministeredStore store = await AdministeredStore.OpenAsync(withServer: true);
        string backup = store.PathOf("backup");
        await store.RunAsync(MaintenanceOperations.Backup, new BackupRequest(backup));
        (int refused, _, string error) = await store.ProgramAsync("restore", backup);
        Assert.Equal(1, refused);
        Assert.Contains("in use by another Posthorn", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private static Task AddLargeAsync(AdministeredStore store) => store.UseAsync(async services =>
    {
        AccountId account = (await services.GetRequiredService<Accounts>().GetAsync(AdministeredStore.Operator, AdministeredStore.Address, Cancel)).Value.Id;
        Mailbox inbox = (await services.GetRequiredService<Mailboxes>().FindAsync(AdministeredStore.Operator, account, "INBOX", Cancel)).Value;
        Messages messages = services.GetRequiredService<Messages>();
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(Large, Cancel);
        await using IncomingMessage message = await writer.CompleteAsync(Cancel);
        Assert.True((await messages.AppendAsync(
            AdministeredStore.Operator, account, inbox.Id, [new NewMessage(message, MessageFlags.None, [], null)], Cancel)).IsOk);
    });
}
